"""``runner ledger``: the rules of a competition, and what has been published."""

from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from runner.cli.echo import echo, echo_json
from runner.errors import UsageError
from runner.files.wrong_fields import validate
from runner.submissions.ledger import Ledger, new_seed
from runner.submissions.quota import Attempt, Scored
from runner.submissions.rules import Rules
from runner.text_tables import text_table


def init(
    file: Path,
    evaluations: int,
    period_hours: float,
    publish: Literal["ladder", "rounded", "exact"],
    step: float | None,
    public_share: float,
    seed: str | None,
) -> int:
    """Make a new ledger with the rules as its first line."""
    given = {
        "evaluations": evaluations,
        "period_hours": period_hours,
        "publish": publish,
        "step": step,
        "public_share": public_share,
        "seed": seed or new_seed(),
    }
    rules = validate(TypeAdapter(Rules), given, "these rules are not possible", UsageError, "rules")
    Ledger(file).create(rules)
    echo(f"ledger: {file}")
    return 0


def show(file: Path, as_json: bool) -> int:
    """Print what has been published, and what is running."""

    def row(attempt: Attempt) -> dict[str, Any]:
        began, ended = attempt.began, attempt.ended
        return {
            "began": began.at.isoformat(timespec="seconds"),
            "submitter": began.submission.submitter,
            "image": began.reference,
            "suite": began.submission.suite,
            "event": "running or cut off" if ended is None else ended.event,
            "published": ended.published if isinstance(ended, Scored) else None,
            "charged": attempt.is_charged,
        }

    rows = [row(attempt) for attempt in Ledger(file).attempts()]
    if as_json:
        echo_json(rows)
        return 0
    for line in text_table(map(_cells, rows)):
        echo(line)
    return 0


def _cells(row: dict[str, Any]) -> list[str]:
    told = "-" if row["published"] is None else f"{row['published']:.6g}"
    free = "" if row["charged"] else ", free of charge"
    return [row["began"], row["submitter"], row["image"], told, f"{row['event']}{free}"]

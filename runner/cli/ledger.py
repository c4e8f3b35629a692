"""``runner ledger``: the rules of a competition, and what has been published."""

from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from runner.cli.echo import echo, echo_json
from runner.errors import ExitCode, UsageError
from runner.files.signatures import read_public_key, read_signing_key
from runner.files.wrong_fields import validate
from runner.submissions.copies import find_originals
from runner.submissions.entries import (
    Attempt,
    Closed,
    Decision,
    Disqualified,
    GivenBack,
    Rescored,
    Scored,
    list_attempts,
)
from runner.submissions.ledger import Ledger, new_seed
from runner.submissions.ledger_file import verify_ledger
from runner.submissions.rules import Rules
from runner.text_tables import text_table


def init(
    file: Path,
    evaluations: int,
    failures: int,
    period_hours: float,
    publish: Literal["ladder", "rounded", "exact"],
    step: float | None,
    public_share: float,
    seed: str | None,
    sign_with: Path | None,
) -> int:
    """Make a new ledger with the rules as its first line."""
    given = {
        "evaluations": evaluations,
        "failures": failures,
        "period_hours": period_hours,
        "publish": publish,
        "step": step,
        "public_share": public_share,
        "seed": seed or new_seed(),
    }
    rules = validate(TypeAdapter(Rules), given, "these rules are not possible", UsageError, "rules")
    _ledger(file, sign_with).create(rules)
    echo(f"ledger: {file}")
    return 0


def close(file: Path, why: str, by: str, sign_with: Path | None) -> int:
    """Close a competition."""
    _ledger(file, sign_with).close(by, why)
    echo(f"{file}: closed. `runner leaderboard DIR --ledger {file}` shows the private result.")
    return 0


def give_back(file: Path, attempt: str, why: str, by: str, sign_with: Path | None) -> int:
    """Let an attempt count no longer."""
    _ledger(file, sign_with).give_back(attempt, by, why)
    echo(f"{file}: {attempt} counts no longer")
    return 0


def disqualify(file: Path, submitter: str, why: str, by: str, sign_with: Path | None) -> int:
    """Let a submitter take part no longer."""
    _ledger(file, sign_with).disqualify(submitter, by, why)
    echo(f"{file}: {submitter} is disqualified")
    return 0


def verify(file: Path, key: Path, as_json: bool) -> ExitCode:
    """Print whether a key has signed every line; return the exit code."""
    found = verify_ledger(file, read_public_key(key))
    last = found.last and found.last.isoformat(timespec="seconds")
    if as_json:
        findings = [] if found.finding is None else [found.finding]
        echo_json({"ledger": str(file), "findings": findings, "lines": found.lines, "last": last})
    elif found.finding is not None:
        echo(found.finding)
    else:
        when = "" if last is None else f", the last written at {last}"
        echo(f"{file}: signed by {key}: {found.lines} lines{when}")
    return ExitCode.SCORED if found.finding is None else ExitCode.BAD_SUITE


def _ledger(file: Path, sign_with: Path | None) -> Ledger:
    return Ledger(file, signing_key=None if sign_with is None else read_signing_key(sign_with))


def show(file: Path, as_json: bool) -> int:
    """Print what has been published, what is running, and what the organizer decided."""

    def row(attempt: Attempt) -> dict[str, Any]:
        began, ended = attempt.began, attempt.ended
        return {
            "id": began.id,
            "began": began.at.isoformat(timespec="seconds"),
            "submitter": began.submission.submitter,
            "image": began.reference,
            "suite": began.submission.suite,
            "event": "running or cut off" if ended is None else ended.event,
            "published": ended.published if isinstance(ended, Scored) else None,
            "charged": attempt.is_charged,
            "scores_like": originals[began.id].began.id if began.id in originals else None,
        }

    _, entries = Ledger(file).read()
    attempts = list_attempts(entries)
    originals = find_originals(attempts)
    rows = [row(attempt) for attempt in attempts]
    decisions = [entry for entry in entries if isinstance(entry, DECISIONS)]
    if as_json:
        decided = [entry.model_dump(mode="json", exclude={"scores"}) for entry in decisions]
        echo_json({"attempts": rows, "decisions": decided})
        return 0
    lines = [*text_table(map(_cells, rows)), *map(_decision, decisions)]
    for line in lines or [f"{file}: nothing has been evaluated yet, and nothing decided."]:
        echo(line)
    return 0


DECISIONS = (Closed, GivenBack, Disqualified, Rescored)


def _decision(entry: Decision | Rescored) -> str:
    what = {
        "closed": "closed",
        "given_back": f"given back: {getattr(entry, 'id', '')}",
        "disqualified": f"disqualified: {getattr(entry, 'submitter', '')}",
        "rescored": f"scored again on {getattr(entry, 'suite', '')}",
    }[entry.event]
    return f"{entry.at.isoformat(timespec='seconds')}  {what}, by {entry.by}: {entry.why}"


def _cells(row: dict[str, Any]) -> list[str]:
    told = "-" if row["published"] is None else f"{row['published']:.6g}"
    free = "" if row["charged"] else ", free of charge"
    alike = "" if row["scores_like"] is None else f", scores like {row['scores_like']}"
    event = f"{row['event']}{free}{alike}"
    return [row["id"], row["began"], row["submitter"], row["image"], told, event]

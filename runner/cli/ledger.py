"""``runner ledger``: the rules of a competition, and what has been published."""

import json
from pathlib import Path
from typing import Any, Literal

import click

from runner.errors import UsageError

EXAMPLES = """\b
Examples:
  runner ledger init competition.ledger --evaluations 3 --period-hours 24
  runner evaluate IMAGE --suite suites/mmlu --ledger competition.ledger --submitter team-a
  runner ledger show competition.ledger
  runner leaderboard results --ledger competition.ledger   # at the end: the private split
"""

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(epilog=EXAMPLES)
def ledger() -> None:
    """Keep a competition's quota and published scores.

    The eval runs are divided into a public split, of which submitters learn something, and a
    private one, which decides at the end. The ledger is the organizer's: it holds the seed of that
    division and the exact scores.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@click.option(
    "--evaluations",
    type=int,
    default=5,
    show_default=True,
    help="How many scored evaluations a submitter has in any period.",
)
@click.option("--period-hours", type=float, default=24, show_default=True)
@click.option(
    "--publish",
    type=click.Choice(["ladder", "rounded", "exact"]),
    default="ladder",
    show_default=True,
    help="ladder: a score is told only if it is better than the submitter's best by more than the "
    "step; rounded: to the step; exact: as it is.",
)
@click.option(
    "--step",
    type=float,
    help="In the primary metric's unit.  [default: of the Ladder, the standard error of the "
    "difference to the best]",
)
@click.option(
    "--public-share",
    type=float,
    default=0.3,
    show_default=True,
    help="Of the eval runs: the share that the published scores are of.",
)
@click.option("--seed", help="Draws the public split.  [default: a new one that nobody can guess]")
def init(
    file: Path,
    evaluations: int,
    period_hours: float,
    publish: Literal["ladder", "rounded", "exact"],
    step: float | None,
    public_share: float,
    seed: str | None,
) -> int:
    """Make a new ledger; its rules are its first line."""
    import pydantic

    from runner.submissions.ledger import Ledger, new_seed
    from runner.submissions.rules import Rules

    try:
        rules = Rules(
            evaluations=evaluations,
            period_hours=period_hours,
            publish=publish,
            step=step,
            public_share=public_share,
            seed=seed or new_seed(),
        )
    except pydantic.ValidationError as error:
        wrong = [" ".join([*map(str, e["loc"]), e["msg"]]) for e in error.errors()]
        raise UsageError(f"these rules can't be: {'; '.join(wrong)}") from error
    Ledger(file).create(rules)
    click.echo(f"ledger: {file}")
    return 0


@ledger.command(epilog=EXAMPLES)
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def show(file: Path, as_json: bool) -> int:
    """Show what has been published, and what is running; nothing that submitters must not see."""
    from runner.submissions.ledger import Ledger
    from runner.submissions.quota import Attempt, Scored
    from runner.untrusted import printable

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
        click.echo(json.dumps(rows, indent=2))
        return 0
    for each in rows:
        told = "-" if each["published"] is None else f"{each['published']:.6g}"
        free = "" if each["charged"] else ", free of charge"
        words = f"{each['began']}  {each['submitter']}  {each['image']}  {told}  {each['event']}"
        click.echo(printable(words + free))
    return 0

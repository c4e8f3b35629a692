"""The command ``runner ledger evaluate``, as its help shows it."""

import click
import cloup

from runner.cli.evaluation_options import CompetitionOptions, LimitOptions, PlacementOptions
from runner.cli.image_completion import complete_images
from runner.cli.lazy import does
from runner.cli.option_groups import option_groups
from runner.cli.options import LocalPath

EXAMPLES = """\b
Examples:
  runner ledger evaluate my.ledger IMAGE --suite mmlu --submitter team-a
  runner ledger evaluate my.ledger IMAGE --suite mmlu \\
    --submitter team-a --pull missing --summary summary.md
  runner ledger evaluate my.ledger IMAGE --suite mmlu \\
    --submitter team-a --sign-with organizer.key
"""


@cloup.command(name="evaluate", epilog=EXAMPLES)
@click.argument("file", type=LocalPath(dir_okay=False))
@click.argument(
    "images", metavar="IMAGE...", nargs=-1, required=True, shell_complete=complete_images
)
@option_groups(competition=CompetitionOptions, limits=LimitOptions, placement=PlacementOptions)
@does("runner.cli.ledger_evaluate:evaluate_by_ledger")
def ledger_evaluate() -> None:
    """Evaluate a submitter's images by the rules of a ledger.

    FILE is the competition's ledger. It counts the submitter's evaluations. An image is scored only
    once. The command prints only the scores that the rules publish; the reports hold the exact
    scores.

    The exit code is 4 if an image was not scored, or if the submitter has no evaluation left now.
    """

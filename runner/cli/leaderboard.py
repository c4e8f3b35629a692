"""``runner leaderboard``."""

import json
from pathlib import Path

import click

from runner.cli.progress import open_display

EXAMPLES = """\b
Examples:
  runner leaderboard results/demo
  runner leaderboard results/mmlu --submitters submitters.yaml
  runner leaderboard results/mmlu --csv > leaderboard.csv

submitters.yaml says whose an image is, and shows the best entry of each, or all:

  \b
  show: best
  submitters:
    Team A: [team_a/predictor, "sha256:0123..."]
"""


@click.command(epilog=EXAMPLES, short_help="Rank the evaluations of a suite.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--submitters",
    "submitters_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML: which images are whose. Without it every image is its own submitter's.",
)
@click.option("--json", "style", flag_value="json", help="Print JSON on standard output.")
@click.option("--csv", "style", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "style", flag_value="markdown", help="Print Markdown.")
def leaderboard(directory: Path, submitters_file: Path | None, style: str | None) -> int:
    """Rank the evaluations below a directory of reports.

    All must be of one suite, by its digest. Each pair is compared on the same resamples of the
    suite's runs; those that can't be told apart share their ranks ("1-3, tied"). Evaluations with
    a case that was not scored are listed, but not ranked.
    """
    from runner.reports.leaderboard import (
        leaderboard_rows,
        make_leaderboard,
        read_reports,
        read_submitters,
    )
    from runner.reports.leaderboard_text import to_csv, to_markdown, to_table
    from runner.scores.resampling import Resampling

    display = open_display()
    reports = read_reports(directory, display)
    submitters = None if submitters_file is None else read_submitters(submitters_file)
    resampling = Resampling()
    board = make_leaderboard(reports, submitters, resampling, display)
    if style == "json":
        head = {"suite": board.suite, "version": board.suite_version, "digest": board.suite_digest}
        rows = leaderboard_rows(board)
        policy = board.policy.model_dump(mode="json")
        click.echo(json.dumps({**head, "scoring": policy, "entries": rows}, indent=2))
    elif style == "csv":
        click.echo(to_csv(board), nl=False)
    elif style == "markdown":
        click.echo(to_markdown(board, resampling))
    else:
        click.echo(to_table(board, resampling))
    return 0

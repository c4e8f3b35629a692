"""Options and arguments that several commands share."""

from pathlib import Path

import click

from runner.cli.completion import complete_reports, complete_suite_paths
from runner.files.stores import open_store

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


def _report_directory(path_or_url: str) -> Path:
    """Return the directory of a report; the user may also name the file in it, report.json."""
    place = open_store(path_or_url)
    return place.parent if place.name == "report.json" else place


report_argument = click.argument(
    "directory", metavar="REPORT", type=_report_directory, shell_complete=complete_reports
)
"""The directory of a report.json, or its URL."""

suite_argument = click.argument(
    "directory",
    metavar="SUITE",
    type=click.Path(path_type=Path),
    shell_complete=complete_suite_paths,
)
"""The directory of a built suite."""

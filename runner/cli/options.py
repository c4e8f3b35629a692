"""Options and arguments that several commands share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from runner.cli.completion import complete_reports, complete_suite_paths
from runner.files.stores import open_store

PRIVATE = "--private"
PRIVATE_ATTRIBUTES: Mapping[str, Any] = {
    "envvar": "SUITE_PRIVATE",
    "type": click.Path(path_type=Path),
    "help": "Where the private half of a built suite is, if it is not beside the public one. The "
    "path is never printed. The environment variable SUITE_PRIVATE does the same.",
}
"""With these every command that reads actuals declares where the private half is."""

private_option = click.option(PRIVATE, **PRIVATE_ATTRIBUTES)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


def _report_directory(path_or_url: str) -> Path:
    """Return the directory of a report; the user may also name the file in it, report.json."""
    place = open_store(path_or_url)
    return place.parent if place.name == "report.json" else place


REGISTRIES_VARIABLE = "RUNNER_REGISTRIES"
"""The environment variable that names the registries of every command of a competition."""

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

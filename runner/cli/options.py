"""Options and arguments that several commands share."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from runner.cli.completion import complete_reports, complete_suite_paths
from runner.cli.lazy import Late
from runner.errors import UsageError
from runner.files.given_paths import is_url
from runner.files.stores import open_store


class LocalPath(click.Path):
    """A path on this machine. A URL is none: the folder ``s3:`` would be made here."""

    def __init__(
        self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True
    ) -> None:
        super().__init__(exists, file_okay, dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value == "":
            self.fail("it is empty; is a variable not set? `.` is this folder.", param, ctx)
        if is_url(str(value)):
            self.fail(f"{value}: a URL, where a path on this machine is needed.", param, ctx)
        return super().convert(value, param, ctx)


PRIVATE = "--private"
PRIVATE_ATTRIBUTES: Mapping[str, Any] = {
    "envvar": "SUITE_PRIVATE",
    "type": LocalPath(),
    "help": "Where the private half of a built suite is, if it is not beside the public one. The "
    "path is never printed. The environment variable SUITE_PRIVATE does the same.",
}
"""With these every command that reads actuals declares where the private half is."""

SIGN_WITH = "--sign-with"
SIGN_WITH_ATTRIBUTES: Mapping[str, Any] = {
    "envvar": "RUNNER_SIGN_WITH",
    "metavar": "KEY",
    "type": LocalPath(dir_okay=False),
    "help": "Your private key, which `runner keys make` made: it signs what is written. The "
    "environment variable RUNNER_SIGN_WITH does the same.",
}
"""With these every command that writes reports or a ledger declares what signs them."""

sign_with_option = click.option(SIGN_WITH, **SIGN_WITH_ATTRIBUTES)


class _NotEmpty(click.ParamType[str]):
    """A text with something in it."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        if not value.strip():
            self.fail("it is empty; give a text.", param, ctx)
        return value


NOT_EMPTY = _NotEmpty()


def key_option(*, required: bool) -> Callable[[Late], Late]:
    """Return the option that names the key which must have signed what is verified."""
    return click.option(
        "--key",
        required=required,
        metavar="KEY.pub",
        type=LocalPath(dir_okay=False),
        help="The organizer's public key, which must have signed it.",
    )


private_option = click.option(PRIVATE, **PRIVATE_ATTRIBUTES)

benchmark_output_option = click.option(
    "-o",
    "--out",
    type=LocalPath(),
    default=Path("benchmark_output"),
    show_default=True,
    help="A benchmark_output, which may have other runs.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


def refuse_several(**given: object) -> None:
    """Raise UsageError if several of the options are given that decide what is printed."""
    named = [f"--{name}" for name, value in given.items() if value]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)}: each decides what comes out. Give one of them.")


def report_directory(path_or_url: str) -> Path:
    """Return the directory of a report; the user may also name the file in it, report.json."""
    place = open_store(path_or_url)
    return place.parent if place.name == "report.json" else place


REGISTRIES_VARIABLE = "RUNNER_REGISTRIES"
"""The environment variable that names the registries of every command of a competition."""

report_argument = click.argument(
    "directory", metavar="REPORT", type=report_directory, shell_complete=complete_reports
)
"""The directory of a report.json, or its URL."""

suite_argument = click.argument(
    "directory",
    metavar="SUITE",
    type=LocalPath(),
    shell_complete=complete_suite_paths,
)
"""The directory of a built suite."""

"""The results of checks on the terminal, for `runner check` and `runner try`."""

from collections.abc import Mapping, Sequence

from runner.authoring.image_check import Result
from runner.cli.echo import echo
from runner.untrusted import printable

_MARKS: Mapping[bool | None, str] = {True: "ok  ", False: "FAIL", None: "note"}


def print_results(subject: str, results: Sequence[Result], if_all_pass: str) -> None:
    """Print each result with its advice, and at the end how many checks failed."""
    for found in results:
        echo(f"{_MARKS[found.passed]} {found.check}: {printable(found.text)}")
        for line in found.advice:
            echo(f"       {printable(line)}")
    failed = sum(found.passed is False for found in results)
    if failed:
        echo(f"{subject}: {failed} of {len(results)} checks failed")
    else:
        echo(if_all_pass)

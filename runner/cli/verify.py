"""``runner verify``."""

from pathlib import Path

from runner.api.opened_suites import open_suite
from runner.api.verifying import verify_report
from runner.cli.echo import echo, echo_json
from runner.errors import ExitCode


def verify(
    directory: Path,
    suite_directory: Path | None,
    private: Path | None,
    key: Path | None,
    as_json: bool,
) -> int:
    """Print what differs in a report; return the exit code."""
    suite = None if suite_directory is None else open_suite(suite_directory, private=private)
    found = verify_report(directory, suite, key=key)
    if as_json:
        echo_json({"report": str(directory), "findings": found})
    else:
        for line in found:
            echo(line)
        against = "itself" if suite is None else f"the suite {suite.name}"
        if not found:
            signature = "" if key is None else f", signature of {key}"
            echo(f"{directory}: verified against {against}: files, predictions, scores{signature}")
    return ExitCode.BAD_SUITE if found else ExitCode.SCORED

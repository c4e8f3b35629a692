"""``runner log``."""

from pathlib import Path

from runner.authoring.participant_log import participant_logs
from runner.cli.echo import echo, echo_json
from runner.reports.report import read_report
from runner.suites.opening import open_public_half


def log(directory: Path, suite_directory: Path, events_only: bool, as_json: bool) -> None:
    """Print what a participant may see of an evaluation's logs."""
    report, suite = read_report(directory), open_public_half(suite_directory)
    shown = participant_logs(directory, report, suite, events_only=events_only)
    if as_json:
        echo_json(shown)
        return
    for case_id, facts in shown.items():
        cause = f" ({facts['cause']})" if facts["cause"] else ""
        echo(f"{case_id}: {facts['outcome']}{cause}")
        for line in (*facts["events"], *facts["lines"]):
            echo(f"  {line}")
        if facts["withheld"]:
            echo(f"  {facts['withheld']} lines are withheld")
        for line in facts["hints"]:
            echo(f"  -> {line}")

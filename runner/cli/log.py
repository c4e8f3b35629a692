"""``runner log``."""

import json
from pathlib import Path

import click

from runner.authoring.participant_log import participant_logs
from runner.reports.report import read_report
from runner.suites.opening import open_public_half


def log(directory: Path, suite_directory: Path, events_only: bool, as_json: bool) -> None:
    """Print what a participant may see of an evaluation's logs."""
    report, suite = read_report(directory), open_public_half(suite_directory)
    shown = participant_logs(directory, report, suite, events_only=events_only)
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for case_id, facts in shown.items():
        cause = f" ({facts['cause']})" if facts["cause"] else ""
        click.echo(f"{case_id}: {facts['outcome']}{cause}")
        for line in (*facts["events"], *facts["lines"]):
            click.echo(f"  {line}")
        if facts["withheld"]:
            click.echo(f"  {facts['withheld']} lines are withheld")

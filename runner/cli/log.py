"""``runner log``."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from runner.authoring.participant_log import input_cells, participant_log
from runner.errors import SuiteError
from runner.reports.report import read_report
from runner.suites.opening import open_suite


def log(directory: Path, suite_directory: Path, events_only: bool, as_json: bool) -> None:
    """Print what a participant may see of an evaluation's logs."""
    report = read_report(directory)
    suite = open_suite(suite_directory)
    if suite.digest != report.suite.digest:
        raise SuiteError(
            f"{suite_directory}: its digest is {suite.digest}, the report is of "
            f"{report.suite.digest}. Name the suite that was evaluated on."
        )
    shown = {}
    for case in suite.cases:
        (record,) = [record for record in report.cases if record.id == case.id]
        parts = [part for paths in suite.inputs(case).parts.values() for part in paths]
        content = (directory / record.log_file).read_bytes()
        made = participant_log(content, input_cells(parts), events_only=events_only)
        shown[case.id] = {"outcome": str(record.outcome), "cause": record.cause, **asdict(made)}
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

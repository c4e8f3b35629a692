"""``runner doctor``."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from runner.errors import ExitCode
from runner.untrusted import printable

if TYPE_CHECKING:
    from runner.sandbox.host import Finding

EXAMPLES = """\b
Examples:
  runner doctor
  runner doctor --json
  DOCKER_HOST=ssh://organizer@big-machine runner doctor
"""


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def doctor(as_json: bool) -> int:
    """Tell what this machine's engine gives the sandbox, and what it lacks.

    Exit code 0: an evaluation can run with every promise of the sandbox. 5: it can't; the table
    tells what to do. A warning names a second line of defence that is missing.
    """
    from runner.sandbox.engine import connect, examine_engine
    from runner.sandbox.host import lacking

    findings = examine_engine(connect())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print_findings(findings)
    return ExitCode.ENGINE_FAULT if lacking(findings) else ExitCode.SCORED


def _print_findings(findings: "tuple[Finding, ...]") -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        found = printable(finding.found)
        click.echo(f"{finding.level.upper():<8} {finding.name:<{width}}  {found}")
        if finding.advice is not None:
            click.echo(f"{'':<8} {'':<{width}}  {finding.advice}")

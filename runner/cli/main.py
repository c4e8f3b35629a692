"""The command's entry point: one group, and the way from every failure to an exit code."""

import re
import signal
import sys
import tempfile
import traceback
from types import FrameType
from typing import NoReturn

import click

from runner.cli.build import build
from runner.cli.check import check
from runner.cli.doctor import doctor
from runner.cli.evaluate import evaluate
from runner.cli.gc import gc
from runner.cli.init import init
from runner.cli.leaderboard import leaderboard
from runner.cli.ledger import ledger
from runner.cli.log import log
from runner.cli.report import report
from runner.cli.submission import submission
from runner.cli.suite import suite
from runner.cli.suite_run import suite_run
from runner.cli.try_ import try_predictor
from runner.cli.verify import verify
from runner.errors import ExitCode, RunnerError

EXIT_CODES_HELP = """\b
Exit codes:
  0    scored
  1    a bug of the runner (its traceback is kept in a file)
  2    usage
  3    bad suite or HELM data
  4    the predictor's fault
  5    engine or host fault: run the same command again
  6    scored, but below the gate
  130  interrupted
"""


class _InOrder(click.Group):
    """Lists its commands as they were added: in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


@click.group(
    cls=_InOrder,
    epilog=EXIT_CODES_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="runner")
def cli() -> None:
    """Evaluate containerized predictors of HELM stats.

    A predictor is a Docker image that reads dataframes of HELM results and predicts withheld
    stats. It runs in a sandbox, without the actuals, and is scored on them afterwards.
    """


for command in (
    init,
    try_predictor,
    build,
    check,
    evaluate,
    report,
    leaderboard,
    verify,
    log,
    submission,
    ledger,
    suite,
    doctor,
    gc,
):
    cli.add_command(command)
suite.add_command(suite_run)


def main() -> NoReturn:
    """Run the command and exit with its code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        _show_example(error)
        code = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was running has been removed.", err=True)
        code = ExitCode.INTERRUPTED
    except RunnerError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except Exception as error:  # noqa: BLE001  (the command line's edge: every bug gets a file)
        code = _report_bug(error)
    sys.exit(code)


def _show_example(error: click.ClickException) -> None:
    """Print the first example of the command that was used wrongly."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    epilog = None if context is None else context.command.epilog
    if epilog is not None and (example := re.search(r"Examples:\n +(.*[^\\])\n", epilog)):
        click.echo(f"For example: {example[1]}", err=True)


def _interrupt(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Go out through every clean-up, which a second signal must not cut short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _report_bug(error: Exception) -> int:
    """Keep the traceback in a file, and print where the bug is.

    The error's text stays in the file: it could quote an actual, and participants read CI's logs.
    """
    with tempfile.NamedTemporaryFile(
        "w", prefix="runner-bug-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exc(file=log)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {last.filename}:{last.lineno}"
    click.echo(f"Error: a bug of the runner ({where}). Please report it with {log.name}", err=True)
    return ExitCode.BUG

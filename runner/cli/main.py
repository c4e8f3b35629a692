"""The entry point: the group of commands, and the exit code of every failure."""

import re
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from runner.cli.lazy import LazyGroup
from runner.code_version import DISTRIBUTION
from runner.errors import ExitCode, RunnerError
from runner.files.bug_log import keep_bug

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


ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to end, and a terminal that goes away: each ends what runs, and cleans up."""

COMMANDS = {
    "init": ("commands.init:init", "Make a new predictor that works, for you to edit."),
    "try": ("commands.try_:try_predictor", "Run a predictor without a container, and check it."),
    "build": ("commands.build:build", "Build a predictor's image from its folder."),
    "check": ("commands.check:check", "Run an image in the sandbox, and say what to fix."),
    "evaluate": ("commands.evaluate:evaluate", "Run images on suites, and score them."),
    "report": ("commands.report:report", "Show all scores of one evaluation."),
    "leaderboard": ("commands.leaderboard:leaderboard", "Rank the evaluations of a suite."),
    "verify": ("commands.verify:verify", "Check a report, and score it again."),
    "log": ("commands.log:log", "Show what a participant may see of a log."),
    "submission": ("commands.submission:submission", "Read what a pull request submits."),
    "ledger": ("commands.ledger:ledger", "Keep a competition's quota and published scores."),
    "suite": (
        "commands.suite:suite",
        "Build suites from HELM runs, audit, publish and verify them.",
    ),
    "doctor": ("commands.doctor:doctor", "Check the engine; with --attack, try to break out."),
    "gc": ("commands.gc:gc", "Remove what killed runners left behind."),
}
"""Each command's place below ``runner.cli`` and its short help, in the order of use."""


@click.group(
    cls=LazyGroup,
    lazy={name: (f"runner.cli.{at}", help_) for name, (at, help_) in COMMANDS.items()},
    epilog=EXIT_CODES_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name=DISTRIBUTION)
def cli() -> None:
    """Evaluate containerized predictors of HELM stats.

    A predictor is a Docker image that reads dataframes of HELM results and predicts withheld
    stats. It runs in a sandbox, without the actuals, and is scored on them afterwards.
    """


def main() -> NoReturn:
    """Run the command and exit with its code."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves SIGHUP
            signal.signal(number, _interrupt)
    try:
        code = cli(standalone_mode=False, prog_name="runner")
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
        bug = keep_bug(error)
        click.echo(f"Error: {bug}", err=True)
        code = bug.exit_code
    sys.exit(code)


def _show_example(error: click.ClickException) -> None:
    """Print the first example of the command that was used wrongly."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    epilog = None if context is None else context.command.epilog
    if epilog is not None and (example := re.search(r"Examples:\n +(.*[^\\])\n", epilog)):
        click.echo(f"For example: {example[1]}", err=True)


def _interrupt(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop the command and let every clean-up run; further signals are ignored."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt

"""The entry point: the group of commands, and the exit code of every failure."""

import atexit
import io
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from runner.cli.echo import echo, echo_json
from runner.cli.lazy import LazyGroup
from runner.cli.standard_streams import LastingFile, outlive_readers
from runner.code_version import DISTRIBUTION
from runner.errors import ExitCode, RunnerError
from runner.files.bug_log import keep_bug
from runner.files.given_paths import refusing_hopeless_paths
from runner.files.scratch import remove_own_scratch
from runner.interrupts import interrupt, is_interrupted

EXIT_CODES_HELP = """\b
Exit codes:
  0    scored
  1    a bug of the runner (its traceback is kept in a file)
  2    usage
  3    bad suite or HELM data
  4    the predictor's fault
  5    engine or host fault: run the same command again
  6    scored, but below the gate; or a card's claim is not verified
  130  interrupted
"""


ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to end, and a terminal that goes away: each ends what runs, and cleans up."""

SAME_PRESS_SECONDS = 0.5
"""A second SIGINT within this time is no second Ctrl-C: programs like ``uv run`` pass one on."""

COMMANDS = {
    "init": ("commands.init:init", "Make a new predictor that works, for you to edit."),
    "try": ("commands.try_:try_predictor", "Run a predictor without a container, and check it."),
    "build": ("commands.build:build", "Build a predictor's image from its folder."),
    "check": ("commands.check:check", "Run an image in the sandbox, and say what to fix."),
    "evaluate": ("commands.evaluate:evaluate", "Run images on suites, and score them."),
    "report": ("commands.report:report", "Show all scores of one evaluation."),
    "leaderboard": ("commands.leaderboard:leaderboard", "Rank the evaluations of a suite."),
    "compare": (
        "commands.compare:compare",
        "Compare evaluations in pairs, and say where they differ.",
    ),
    "view": ("commands.view:view", "Show what lies below a folder as pages, on this machine."),
    "verify": ("commands.verify:verify", "Check a report, and score it again."),
    "rescore": (
        "commands.rescore:rescore",
        "Score reports on a new version of their suite.",
    ),
    "keys": ("commands.keys:keys", "Make the key that signs your reports and ledgers."),
    "log": ("commands.log:log", "Show what a participant may see of a log."),
    "submission": ("commands.submission:submission", "Read what a pull request submits."),
    "ledger": ("commands.ledger:ledger", "Keep a competition's quota and published scores."),
    "suite": (
        "commands.suite:suite",
        "Build suites from HELM runs, audit, publish and verify them.",
    ),
    "import": ("commands.import_:import_", "Make HELM runs of other harnesses' results."),
    "card": ("commands.card:card", "Check claims of evaluation cards on their evidence."),
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
        # At its very end Python would let it be killed, so that its exit code was lost.
        atexit.register(signal.signal, number, signal.SIG_IGN)
    output = outlive_readers()
    code, failure = _run()
    if failure is not None and _asks_for_json(sys.argv[1:]):
        sys.stdout.flush()
        if output is None or not output.is_used:  # two documents would be none
            echo_json({"error": failure, "exit_code": code})
    sys.exit(code or _check_output(output))


def _has_no_use_for_pandas(arguments: Sequence[str]) -> bool:
    """Return whether a command computes without pandas, and calls nobody who may want it.

    Metrics of the organizer's own are given a frame of pandas; Ray has code of others too.
    """
    others = [each for each in arguments if each.startswith(("--metrics", "--executor"))]
    return arguments[:1] == ["suite"] or (arguments[:1] == ["evaluate"] and not others)


def _run() -> tuple[int, str | None]:
    """Run the command; return its exit code, and what went wrong if it could not do its work."""
    try:
        # Here, as only here the process is the command's own: Arrow goes without until it ends.
        if _has_no_use_for_pandas(sys.argv[1:]):
            from runner.processes import leave_out_pandas  # noqa: PLC0415  (help needs none of it)

            leave_out_pandas()
        with refusing_hopeless_paths():
            return int(cli(standalone_mode=False, prog_name="runner") or ExitCode.SCORED), None
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        echo(shown.getvalue(), err=True, nl=False)
        _show_example(error)
        return ExitCode.USAGE, error.format_message()
    except (click.Abort, KeyboardInterrupt):
        return _tell_interrupt()
    except RunnerError as error:
        echo(f"Error: {error}", err=True)
        return ExitCode.INTERRUPTED if is_interrupted() else error.exit_code, str(error)
    except Exception as error:  # noqa: BLE001  (the command line's edge: every bug gets a file)
        if is_interrupted():
            return _tell_interrupt()
        bug = keep_bug(error)
        echo(f"Error: {bug}", err=True)
        return bug.exit_code, str(bug)


def _tell_interrupt() -> tuple[int, str]:
    interrupted = "Interrupted. What was running has been removed."
    echo(interrupted, err=True)
    return ExitCode.INTERRUPTED, interrupted


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Return whether a command is asked for JSON, also one whose options are not understood."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _check_output(output: LastingFile | None) -> int:
    """Return the exit code of a command that went well, by whether its output was written."""
    sys.stdout.flush()
    if output is None or output.failure is None:
        return ExitCode.SCORED
    echo(
        f"Error: standard output can't be written ({output.failure.strerror}). What the command "
        "printed there is not complete; its files are.",
        err=True,
    )
    return ExitCode.USAGE


def _show_example(error: click.ClickException) -> None:
    """Print the first example of the command that was used wrongly."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    epilog = None if context is None else context.command.epilog
    if epilog is not None and (example := re.search(r"Examples:\n +(.*[^\\])\n", epilog)):
        echo(f"For example: {example[1]}", err=True)


def _interrupt(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop the command and let every clean-up run; only a second Ctrl-C does not wait for it."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    pressed = time.monotonic()

    def end_now(_signal_number: int, _frame: FrameType | None) -> None:
        if time.monotonic() - pressed > SAME_PRESS_SECONDS:
            _end_now()

    signal.signal(signal.SIGINT, end_now)
    interrupt()


def _end_now() -> NoReturn:
    """End the process although something may be left, and say what."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    left = remove_own_scratch()
    said = [
        "",
        "Ended at once. What was running may be left on the engine.",
        "`runner gc`, or the next evaluation, removes it.",
        *(f"{path}: can't be removed, and may hold actuals. Remove it." for path in left),
    ]
    if sys.stderr.isatty():
        said.insert(0, "\x1b[?25h")  # a progress bar hides the cursor
    # Not through sys.stderr: another thread may hold its lock.
    with suppress(OSError):
        os.write(2, ("\n".join(said) + "\n").encode(errors="backslashreplace"))
    os._exit(ExitCode.INTERRUPTED)

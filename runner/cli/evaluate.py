"""``runner evaluate``."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.ci import Ci, ci_options
from runner.cli.options import json_option
from runner.contract.limits import ALL_GPUS, MIB, Limits
from runner.errors import UsageError
from runner.files.stores import open_store

if TYPE_CHECKING:
    from runner.cli.progress import Display
    from runner.evaluation.passes import Pass
    from runner.sandbox.engine.image import Image
    from runner.sandbox.policy import SandboxPolicy
    from runner.submissions.admission import Admission
    from runner.suites.public_suite import PublicSuite

DEFAULTS = Limits()


def read_gpus(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """Return how many GPUs ``--gpus`` asks for, ALL_GPUS for all."""
    if value == "all":
        return ALL_GPUS
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number nor 'all'")
    return int(value)


EXAMPLES = """\b
Examples:
  runner evaluate train_mean:latest --suite demo
  runner evaluate my_predictor --suite suites/mmlu
  runner evaluate registry.org/team/predictor@sha256:1f2e... --suite suites/mmlu --pull missing
  runner evaluate my_predictor --suite v1 --root-dir helm/benchmark_output
  runner evaluate registry.org/team/a --suite mmlu --executor ray --shared s3://bucket/suites
  runner evaluate a b c --suite 'helm/benchmark_output/runs/v1/mmlu*' --seed 7 --json
  runner evaluate --submissions submissions.yaml --suite suites/mmlu --jobs 4
  runner evaluate my_predictor --suite suites/mmlu --min-score mae=0.1 --junit junit.xml
"""


@click.command(epilog=EXAMPLES)
@click.argument("images", metavar="IMAGE...", nargs=-1)
@click.option(
    "--submissions",
    "submissions_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML instead of IMAGE...: a list of items with a submitter and an image.",
)
@click.option(
    "--suite",
    "suites",
    required=True,
    multiple=True,
    help="A built suite (its path, or its name in ./suites), 'demo', or HELM runs: a path or glob "
    "(benchmark_output, its runs, a suite of it, one run), or with --root-dir the name of one of "
    "HELM's own suites. May be repeated.",
)
@click.option(
    "--private",
    envvar="SUITE_PRIVATE",
    type=click.Path(path_type=Path),
    help="Where the private half of a built suite is, if not beside the public one; not printed. "
    "The environment variable SUITE_PRIVATE does the same.",
)
@click.option(
    "--root-dir",
    type=click.Path(path_type=Path),
    help="A benchmark_output directory; --suite NAME then means ROOT_DIR/runs/NAME.",
)
@click.option(
    "--out",
    type=open_store,
    metavar="PATH_OR_URL",
    help="Where reports go, one directory per image; for several suites, below one per suite. A "
    "path, or a URL that fsspec knows.  [default: results/SUITE]",
)
@click.option(
    "--train-runs",
    type=click.IntRange(min=1),
    help="Of HELM runs: how many are drawn to train on.  [default: 3]",
)
@click.option(
    "--eval-samples",
    type=click.IntRange(min=0),
    help="Of HELM runs: instances of the eval run that are revealed.  [default: 20]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Given to the predictor; of HELM runs it also draws runs and instances.  [default: the "
    "suite's, or 1]",
)
@click.option(
    "--target",
    "stat_names",
    multiple=True,
    help="Of HELM runs: the name of a stat to predict; may be repeated.  [default: exact_match]",
)
@click.option(
    "--wall-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help=f"The time a container may take.  [default: the suite's, or {DEFAULTS.wall_seconds:g}]",
)
@click.option(
    "--memory-mib",
    type=click.IntRange(min=16),
    help="Memory and swap together, with all that is in /output and /tmp.  [default: the suite's, "
    f"or {DEFAULTS.memory_bytes // MIB}]",
)
@click.option(
    "--cpus",
    type=click.FloatRange(min=0.1),
    help=f"[default: the suite's, or {DEFAULTS.cpus:g}]",
)
@click.option(
    "--runtime",
    help="An OCI runtime of the engine, e.g. runsc for gVisor.  [default: the engine's own]",
)
@click.option(
    "--gpus",
    callback=read_gpus,
    default="0",
    metavar="N|all",
    help="GPUs that the container gets; each adds a driver to what a predictor can reach.  "
    "[default: none]",
)
@click.option(
    "--pull",
    type=click.Choice(["never", "missing", "always"]),
    default="never",
    show_default=True,
    help="Fetch images from their registry: those that the engine lacks, or all of them.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="How many cases run at a time, at most.  [default: 1; on a Ray cluster as many as it has "
    "room for]",
)
@click.option(
    "--budget",
    metavar="cpus=N,memory-mib=N",
    help="What all running containers may have together.  [default: all that the host has]",
)
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where cases run: on the engine of this machine, or on the nodes of a Ray cluster.",
)
@click.option(
    "--address",
    help="HOST:PORT of the Ray cluster's head.  [default: RAY_ADDRESS, or the cluster that this "
    "machine is a node of]",
)
@click.option(
    "--shared",
    metavar="PATH_OR_URL",
    help="A directory that this machine can write to and all nodes of the Ray cluster can read, "
    "or a URL that fsspec knows; what containers may see of the suites is put there.",
)
@click.option("--rerun", is_flag=True, help="Run cases again that have finished before.")
@click.option(
    "--repeat",
    type=click.IntRange(min=0),
    default=0,
    help="Run every case so many times more and compare the predictions, stat by stat.",
)
@click.option("--shuffle", is_flag=True, help="Run every case again, all rows in another order.")
@click.option(
    "--probe",
    is_flag=True,
    help="Run every case again with nothing revealed of its eval runs: predictions that stay the "
    "same don't look at their input.",
)
@click.option(
    "--verbose", is_flag=True, help="Show the sandbox's settings as a command of Docker's."
)
@click.option("--submitter", help="Whose the images are, for the leaderboard; kept in the report.")
@click.option(
    "--ledger",
    "ledger_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A competition's ledger (see `runner ledger`): counts the submitter's evaluations, scores "
    "an image once, and tells of the score what the rules let through.",
)
@click.option("--show-log", is_flag=True, help="Print the log's end when a case is not scored.")
@json_option
@ci_options
def evaluate(
    images: tuple[str, ...],
    submissions_file: Path | None,
    suites: tuple[str, ...],
    private: Path | None,
    root_dir: Path | None,
    out: Path | None,
    train_runs: int | None,
    eval_samples: int | None,
    seed: int | None,
    stat_names: tuple[str, ...],
    wall_seconds: float | None,
    memory_mib: int | None,
    cpus: float | None,
    runtime: str | None,
    gpus: int,
    pull: str,
    jobs: int | None,
    budget: str | None,
    executor: str,
    address: str | None,
    shared: str | None,
    rerun: bool,
    repeat: int,
    shuffle: bool,
    probe: bool,
    verbose: bool,
    submitter: str | None,
    ledger_file: Path | None,
    show_log: bool,
    as_json: bool,
    ci: Ci,
) -> int:
    """Run predictor images on a suite and score them.

    A built suite (see `runner suite build`) is checked and taken as it is. HELM runs are divided
    as in MAGNET: --train-runs runs and one eval run are drawn. The predictor sees the train runs
    whole, and of the eval run a sample of requests with their completions. It predicts the eval
    run's stats, which stay withheld until its container is gone.

    A report directory is written for each image: report.json, the predictions as they were
    written, and the container's log. A case that has finished is kept: after an interruption the
    same command runs only what is missing.

    One image that can't be had, or fails, keeps no other from its score. When their exit codes
    differ it is the first of 5, 2, 4 and 6.
    """
    from runner.building.named import Draw, opened_suite
    from runner.cli.case_view import open_case_progress
    from runner.cli.progress import open_display
    from runner.evaluation.batch import Batch, plan_suite, resolve_images
    from runner.evaluation.run_options import RunOptions
    from runner.executors import ExecutorChoice, open_executor
    from runner.sandbox.engine.client import check_policy, connect
    from runner.sandbox.engine.pull import Pull

    _refuse_contradictions(suites, private, ci, show_log)
    place = ExecutorChoice(executor, address, shared, jobs, budget)
    place.check()
    submitters = _submitters(images, submissions_file, submitter)
    display = open_display()
    admission = _open_admission(ledger_file, submitter, ci, display, show_log or as_json)
    client = connect()
    resolved, missing = resolve_images(client, list(submitters), Pull(pull), display.announce)
    draw = Draw(train_runs, eval_samples, seed, stat_names)
    limits = (wall_seconds, memory_mib, cpus)
    asked = RunOptions(seed, *limits, runtime, gpus, rerun, repeat, shuffle, probe)
    planned: dict[Path, Pass] = {}
    with ExitStack() as opened:
        for name in suites:
            suite = opened.enter_context(
                opened_suite(name, root_dir, draw, display.announce, display, private_root=private)
            )
            ci.check_suite(suite)
            settings = asked.on(suite)
            if executor == "local":
                check_policy(client, settings.policy)
            _show_settings(resolved if verbose else (), settings.policy, display)
            reports = _reports_place(out, suite, len(suites))
            planned |= plan_suite(reports, resolved, suite, settings, planned)
        if admission is not None:
            planned = admission.admit(planned)
        progress = opened.enter_context(open_case_progress(display))
        batch = Batch(planned, progress, show_log, as_json, ci, submitters, admission)
        return batch.run(lambda: open_executor(place, client, display.announce), missing)


def _refuse_contradictions(
    suites: Sequence[str], private: Path | None, ci: Ci, show_log: bool
) -> None:
    """Refuse what can't be meant together.

    Raises:
        UsageError: one half of several suites, or a log that is closed.
    """
    if private is not None and len(suites) > 1:
        raise UsageError("--private is the half of one suite; evaluate on one at a time.")
    if show_log and ci.is_closed:
        raise UsageError("--show-log shows what --closed withholds; leave one out.")


def _open_admission(
    ledger_file: Path | None, submitter: str | None, ci: Ci, display: "Display", tells_more: bool
) -> "Admission | None":
    """Return who may be evaluated by the ledger, None where there is none.

    Args:
        tells_more: whether an option shows more of an evaluation than its score.

    Raises:
        UsageError: options tell more than the ledger does, or the submitter is not named.
    """
    if ledger_file is None:
        return None
    if tells_more or not submitter:
        raise UsageError("--ledger needs --submitter, and tells less than --show-log or --json.")
    return ci.open_ledger(ledger_file, submitter, display.announce)


def _show_settings(images: "Iterable[Image]", policy: "SandboxPolicy", display: "Display") -> None:
    from runner.sandbox.docker_command import command_line

    for image in images:
        display.announce(command_line(image, policy))


def _submitters(
    images: tuple[str, ...], submissions_file: Path | None, submitter: str | None
) -> dict[str, str | None]:
    """Return each image's submitter, None where nobody is named.

    Raises:
        UsageError: images are named in both ways or in none, or the file is wrong.
    """
    from runner.submissions.organizer_files import read_listed

    if submissions_file is None and images:
        return dict.fromkeys(images, submitter)
    if submissions_file is None or images or submitter is not None:
        raise UsageError("Name images, or a file of them and their submitters by --submissions.")
    return {**read_listed(submissions_file)}


def _reports_place(out: Path | None, suite: "PublicSuite", suites: int) -> Path:
    """Return where a suite's reports go."""
    if out is None or suites > 1:
        return (out or Path("results")) / suite.name
    return out

"""The options of ``runner evaluate`` and ``runner ledger evaluate``, in groups."""

from dataclasses import dataclass
from pathlib import Path

import click

from runner.cli.completion import complete_suites
from runner.cli.option_groups import option
from runner.cli.options import (
    PRIVATE,
    PRIVATE_ATTRIBUTES,
    REGISTRIES_VARIABLE,
    SIGN_WITH,
    SIGN_WITH_ATTRIBUTES,
    LocalPath,
)
from runner.contract.limits import ALL_GPUS, MIB, Limits
from runner.files.stores import open_store
from runner.sandbox.engine.registries import PUBLIC_REGISTRIES

DEFAULTS = Limits()
A_PATH = LocalPath()
A_FILE = LocalPath(dir_okay=False)


def read_gpus(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> int | None:
    """Return how many GPUs ``--gpus`` asks for, ALL_GPUS for all; None if it is not given."""
    if value is None:
        return None
    if value == "all":
        return ALL_GPUS
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number nor 'all'")
    return int(value)


@dataclass(frozen=True)
class SuiteOptions:
    """What to run."""

    suites: tuple[str, ...] = option(
        "--suite",
        required=True,
        multiple=True,
        shell_complete=complete_suites,
        help="A built suite (its path, or its name in ./suites), 'demo', or HELM runs: a path or "
        "glob (benchmark_output, its runs, a suite of it, one run), or with --root-dir the name of "
        "one of HELM's own suites. May be repeated.",
    )
    private: Path | None = option(PRIVATE, **PRIVATE_ATTRIBUTES)
    pull: str = option(
        "--pull",
        type=click.Choice(["never", "missing", "always"]),
        default="never",
        show_default=True,
        help="Which images to fetch from their registry: none, those the engine lacks, or all.",
    )
    registries: tuple[str, ...] = option(
        "--registry",
        multiple=True,
        envvar=REGISTRIES_VARIABLE,
        metavar="HOST[:PORT]",
        help="A registry that images may be fetched from. May be repeated; in "
        f"{REGISTRIES_VARIABLE} with spaces between them.  [default: any; with --closed or a "
        f"ledger {' '.join(PUBLIC_REGISTRIES)}]",
    )


@dataclass(frozen=True)
class WhatToRun(SuiteOptions):
    """What to run."""

    submitter: str | None = option(
        "--submitter", help="Who submitted the images. The report and the leaderboard show it."
    )
    submissions_file: Path | None = option(
        "--submissions",
        type=A_FILE,
        help="A YAML file, used instead of IMAGE...: a list of items, each with a submitter and an "
        "image.",
    )
    seed: int | None = option(
        "--seed",
        type=click.IntRange(min=0),
        help="A seed for the predictor. For HELM runs it also draws the runs and the instances.  "
        "[default: the suite's, or 1]",
    )
    rerun: bool = option("--rerun", is_flag=True, help="Run finished cases again.")


@dataclass(frozen=True)
class LimitOptions:
    """Limits of each container."""

    wall_seconds: float | None = option(
        "--wall-seconds",
        type=float,
        help="How many seconds a container may run.  "
        f"[default: the suite's, or {DEFAULTS.wall_seconds:g}]",
    )
    memory_mib: int | None = option(
        "--memory-mib",
        type=int,
        help="Memory and swap together, in MiB. Files in /output and /tmp count too.  "
        f"[default: the suite's, or {DEFAULTS.memory_bytes // MIB}]",
    )
    cpus: float | None = option(
        "--cpus",
        type=float,
        help=f"How many CPUs a container may use.  [default: the suite's, or {DEFAULTS.cpus:g}]",
    )
    gpus: int | None = option(
        "--gpus",
        callback=read_gpus,
        metavar="N|all",
        help="How many GPUs a container gets. The predictor can then also reach the GPU's driver.  "
        "[default: the suite's, or none]",
    )
    runtime: str | None = option(
        "--runtime",
        help="An OCI runtime of the engine, e.g. runsc for gVisor.  [default: the engine's own]",
    )


@dataclass(frozen=True)
class HelmRunOptions:
    """HELM runs that are not a built suite."""

    root_dir: Path | None = option(
        "--root-dir",
        type=A_PATH,
        help="A benchmark_output directory. --suite NAME then means ROOT_DIR/runs/NAME.",
    )
    train_runs: int | None = option(
        "--train-runs",
        type=click.IntRange(min=1),
        help="How many runs are drawn to train on.  [default: 3]",
    )
    eval_samples: int | None = option(
        "--eval-samples",
        type=click.IntRange(min=0),
        help="How many instances of the eval run are revealed.  [default: 20]",
    )
    stat_names: tuple[str, ...] = option(
        "--target",
        multiple=True,
        help="The name of a stat to predict. May be repeated.  [default: exact_match]",
    )


@dataclass(frozen=True)
class FurtherRunOptions:
    """Further runs, compared with the first."""

    repeat: int = option(
        "--repeat",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Run every case N more times on the same inputs.",
    )
    shuffle: bool = option(
        "--shuffle", is_flag=True, help="Run every case once more, with all rows in another order."
    )
    probe: bool = option(
        "--probe",
        is_flag=True,
        help="Run every case once more, without what is revealed of its eval runs. A predictor "
        "that still predicts the same ignores its input.",
    )


@dataclass(frozen=True)
class PlacementOptions:
    """Where it runs."""

    jobs: int | None = option(
        "--jobs",
        type=click.IntRange(min=1),
        help="How many cases run at the same time, at most.  [default: 1; on a Ray cluster as many "
        "as it has room for]",
    )
    budget: str | None = option(
        "--budget",
        metavar="cpus=N,memory-mib=N",
        help="What all running containers may use together.  [default: all that the host has]",
    )
    executor: str = option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Run the cases on this machine's engine, or on the nodes of a Ray cluster.",
    )
    address: str | None = option(
        "--address",
        help="HOST:PORT of the Ray cluster's head.  [default: RAY_ADDRESS, or the cluster that "
        "this machine is a node of]",
    )
    shared: str | None = option(
        "--shared",
        metavar="PATH_OR_URL",
        help="A directory that this machine can write to and all nodes of the Ray cluster can "
        "read, or a URL that fsspec knows. The public halves of the suites are put there.",
    )


@dataclass(frozen=True)
class OutputOptions:
    """Output."""

    out: Path | None = option(
        "-o",
        "--out",
        type=open_store,
        metavar="PATH_OR_URL",
        help="Where reports go: one directory per image. With several suites, each suite gets a "
        "directory, which holds those of the images. A path, or a URL that fsspec knows.  "
        "[default: results/SUITE]",
    )
    sign_with: Path | None = option(SIGN_WITH, **SIGN_WITH_ATTRIBUTES)
    as_json: bool = option("--json", is_flag=True, help="Print JSON on standard output.")
    quiet: bool = option(
        "--quiet",
        "-q",
        is_flag=True,
        help="Print no progress and no warnings, and of each image one line of a table.",
    )
    show_log: bool = option(
        "--show-log", is_flag=True, help="Print the end of the log of each case without a score."
    )
    metrics: tuple[str, ...] = option(
        "--metrics",
        multiple=True,
        metavar="MODULE:FUNCTION",
        help="Print a metric of your own for each image too; docs/scores.md shows one. May be "
        "repeated.",
    )
    verbose: bool = option(
        "--verbose", is_flag=True, help="Print the sandbox's settings as a `docker run` command."
    )


@dataclass(frozen=True)
class CiOptions:
    """CI."""

    gates: tuple[str, ...] = option(
        "--min-score",
        multiple=True,
        metavar="METRIC=VALUE",
        help="What a score must reach, e.g. mae=0.1 or skill=0.2. If it does not, the exit code is "
        "6. The metric decides whether lower or higher is better. May be repeated.",
    )
    leaderboard: Path | None = option(
        "--leaderboard",
        type=A_PATH,
        help="Print the rank among the reports in this directory, or in this file, which `runner "
        "leaderboard DIR --json` wrote.",
    )
    summary_file: Path | None = option(
        "--summary",
        type=A_FILE,
        help="Append a summary in Markdown to this file, e.g. $GITHUB_STEP_SUMMARY.",
    )
    junit_file: Path | None = option(
        "--junit", type=A_FILE, help="Write JUnit XML to this file, one test case per case."
    )
    is_closed: bool = option(
        "--closed",
        is_flag=True,
        help="Print only what participants may read: how the evaluation ended, in one word, the "
        "primary score, and progress in percent. The report has everything.",
    )


@dataclass(frozen=True)
class CompetitionOptions(SuiteOptions):
    """What to run."""

    suites: tuple[str, ...] = option(
        "--suite",
        required=True,
        multiple=True,
        shell_complete=complete_suites,
        help="The competition's suite: the path of a built suite, or its name in ./suites. May be "
        "repeated.",
    )
    submitter: str = option(
        "--submitter", required=True, help="Who submitted the images. Each submitter has a quota."
    )
    out: Path | None = option(
        "-o",
        "--out",
        type=open_store,
        metavar="PATH_OR_URL",
        help="Where reports go. They hold the exact scores: don't show them to participants.  "
        "[default: results/SUITE]",
    )
    sign_with: Path | None = option(SIGN_WITH, **SIGN_WITH_ATTRIBUTES)
    summary_file: Path | None = option(
        "--summary", type=A_FILE, help="Append what is published, as Markdown, to this file."
    )

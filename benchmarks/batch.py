"""The cost of resuming a batch, and the gain from running two cases at a time.

    python -m benchmarks.batch [--image train_mean] [--resumed 200] [--images 20] [--parts 5]

Needs an engine and the image (`make images`). It makes its images itself: all alike, each with its
own ID.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import docker

from benchmarks.cluster import RUNNER, build_cluster_suite, made_images
from benchmarks.measurement import Row
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass
from runner.evaluation.plan import FINISHED_CASES
from runner.evaluation.run_options import RunSettings
from runner.sandbox.engine.engine import Engine
from runner.sandbox.policy import SandboxPolicy
from runner.suites.opening import open_suite
from runner.suites.suite import Suite
from tests.integration.same_reports import report
from tests.integration.started import started

NOTHING = "true"
BURN = "python3 -c 'sum(range(1_200_000_000))'"
"""At least ten seconds of one processor, on any suite."""

JOBS = "2"
LOOK_SECONDS = 0.02
SETTLE_SECONDS = 1
"""The wait after a kill: by then the engine has started what it was asked for before."""


def measure_resumed(image: str, images: int) -> list[Row]:
    """Return the time of running a batch's cases, of scoring them, and of repeating the command.

    One image is run. Its results are stored under the other images' keys, as if those had run.
    """
    with (
        tempfile.TemporaryDirectory(prefix="batch-bench-") as scratch,
        made_images(image, images, NOTHING) as names,
    ):
        suite = open_suite(build_cluster_suite(Path(scratch)))
        out = Path(scratch, "results")
        _run(_evaluate(names[:1], suite, out))
        run_seconds = images * _keep_for_all(names, suite, FinishedCases(out / FINISHED_CASES))
        command = _evaluate(names, suite, out)
        scored, resumed = _run(command), _run(command)
    cases = images * len(suite.cases)
    return [
        Row(f"run time of {cases:,} cases", run_seconds),
        Row("all finished, none reported", scored, scored / run_seconds),
        Row("all reported", resumed, resumed / run_seconds),
    ]


def _keep_for_all(names: Sequence[str], suite: Suite, finished: FinishedCases) -> float:
    """Store the first image's results for the other images too; return their run seconds."""
    engine = Engine.connect()
    settings = RunSettings(SandboxPolicy(suite.limits), suite.manifest.choices["seed"])
    passes = [Pass(engine.images.resolve(name), suite, settings, finished) for name in names]
    engine.close()
    runs = [case.run for case in passes[0].judged()]
    for one in passes[1:]:
        for task, run in zip(one.tasks(), runs, strict=True):
            finished.keep(task.key, run)
    return sum(run.end.wall_seconds for run in runs)


def measure_jobs(image: str, images: int, parts: int) -> list[Row]:
    """Return the seconds of a batch of predictors that compute, one by one and two at a time.

    The batch is split into parts. Each part is run both ways, in alternating order: in the half
    hour that a whole batch takes, a shared machine may change its speed by more than the required
    ratio. The seconds are those of all parts together.
    """
    seconds = {"1": 0.0, JOBS: 0.0}
    with (
        tempfile.TemporaryDirectory(prefix="batch-bench-") as scratch,
        made_images(image, images, BURN) as names,
    ):
        suite = open_suite(build_cluster_suite(Path(scratch)))
        for number in range(parts):
            for jobs in sorted(seconds, reverse=number % 2 == 1):
                out = Path(scratch, f"{number}-{jobs}")
                command = [*_evaluate(names[number::parts], suite, out), "--jobs", jobs]
                seconds[jobs] += _run(command)
    of = f"{images} images on {len(suite.cases)} cases"
    one, two = seconds.values()
    return [Row(f"{of}, one by one", one), Row(f"{of}, --jobs {JOBS}", two, two / one)]


@dataclass(frozen=True)
class Killed:
    """The result of a batch that was killed twice, and resumed each time.

    Attributes:
        rows: the seconds of the undisturbed batch, and of this one.
        cases: how many cases the batch has.
        runs: how many containers were started for this batch.
        in_flight: how many of them a kill ended before their case was stored.
        differing: the directories whose report differs from the undisturbed one in more than times.
    """

    rows: list[Row]
    cases: int
    runs: int
    in_flight: int
    differing: list[str]


def measure_killed(image: str, images: int) -> Killed:
    """Evaluate a batch undisturbed, and again with kills at a third and two thirds of its cases."""
    client = docker.from_env()
    with (
        tempfile.TemporaryDirectory(prefix="batch-bench-") as scratch,
        made_images(image, images, NOTHING) as names,
    ):
        suite = open_suite(build_cluster_suite(Path(scratch)))
        whole, killed = Path(scratch, "whole"), Path(scratch, "killed")
        undisturbed = _run([*_evaluate(names, suite, whole), "--jobs", JOBS])
        command = [*_evaluate(names, suite, killed), "--jobs", JOBS]
        cases = images * len(suite.cases)
        with started(client, names) as ran:
            taken = 0.0
            for part in (cases // 3, 2 * cases // 3):
                taken += kill_at(command, killed, part)
                time.sleep(SETTLE_SECONDS)
                in_flight = len(ran) - _count_finished(killed)
            taken += _run(command)
        places = sorted(path.parent.name for path in whole.glob("*/report.json"))
        differing = [place for place in places if report(whole, place) != report(killed, place)]
    client.close()
    rows = [
        Row(f"{cases} cases, undisturbed", undisturbed),
        Row("killed at a third and at two thirds", taken, taken / undisturbed),
    ]
    return Killed(rows, cases, len(ran), in_flight, differing)


def kill_at(command: Sequence[str], out: Path, finished: int) -> float:
    """Start a command, kill it when this many cases are stored, and return its seconds.

    Args:
        out: where its reports go.

    Raises:
        RuntimeError: the command ended earlier.
    """
    begun = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    ) as process:
        while _count_finished(out) < finished:
            if process.poll() is not None:
                raise RuntimeError(
                    f"{command} ended with {process.returncode} before it was killed"
                )
            time.sleep(LOOK_SECONDS)
        process.send_signal(signal.SIGKILL)
    return time.monotonic() - begun


def _count_finished(out: Path) -> int:
    return len(list((out / FINISHED_CASES).glob("*.json")))


def _evaluate(names: Sequence[str], suite: Suite, out: Path) -> list[str]:
    return [str(RUNNER), "evaluate", *names, "--suite", str(suite.root), "--out", str(out)]


def _run(command: Sequence[str]) -> float:
    """Run a command and return its wall seconds."""
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch")
    parser.add_argument("--image", default="train_mean")
    parser.add_argument("--resumed", type=int, default=200)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--parts", type=int, default=5)
    arguments = parser.parse_args()
    for rows in (
        measure_resumed(arguments.image, arguments.resumed),
        measure_jobs(arguments.image, arguments.images, arguments.parts),
        measure_killed(arguments.image, arguments.images).rows,
    ):
        for row in rows:
            ratio = "" if row.ratio is None else f"  {row.ratio:.4f}"
            print(f"{row.what:45}{row.seconds:9.1f} s{ratio}", flush=True)


if __name__ == "__main__":
    main()

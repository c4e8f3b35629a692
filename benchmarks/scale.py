"""The cost of batches with many submissions: measured on a small batch, then simulated.

    python -m benchmarks.scale [--images train_mean random] [--submissions 10 1000 100000]

Needs an engine and the images (`make images`). Prints the tables of docs/scale.md.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import RUNNER, build_cluster_suite
from benchmarks.simulation import Machines, simulate_batch
from runner.evaluation.evaluation import evaluate
from runner.evaluation.executor import Begin, EndedTask, Keep, Suites
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass, SilentCases
from runner.evaluation.run_options import RunSettings
from runner.evaluation.task import CaseTask
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_all
from runner.progress import Say
from runner.reports.found_reports import read_reports
from runner.reports.report import Report, parse_report
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.policy import SandboxPolicy
from runner.suites.opening import open_suite
from runner.suites.suite import Suite

MACHINES = (Machines(1, 2), Machines(10, 16), Machines(100, 16))
SUBMISSIONS = (10, 1_000, 100_000)

ENGINE_SECONDS = 0.3
"""A case's time besides its CPU time, which the engine needs; see RESULTS.md, Cases."""

OWN_MB = 50
"""The assumed size of the part of an image that belongs to one submission alone. A Python predictor
without packages has less than 1 MB, one with scikit-learn 50 MB."""

BOARD_ENTRIES = 1_000
"""The number of entries for which a leaderboard is measured, and then for twice as many."""

HOUR, MB = 3600, 1e6


@dataclass(frozen=True)
class Costs:
    """The costs that were measured on a small batch.

    Attributes:
        case_seconds: for each case of the suite, the CPU seconds of each recorded run.
        head_seconds: CPU time of reading, judging, scoring and reporting a case that has finished.
        kept_bytes: storage of a case, in the report's directory and among the finished cases.
        entry_seconds, pair_seconds: CPU time of a leaderboard, for each entry and for each pair.
    """

    case_seconds: Mapping[str, Sequence[float]]
    head_seconds: float
    kept_bytes: float
    entry_seconds: float
    pair_seconds: float

    @property
    def cases(self) -> int:
        """Return how many cases the suite has."""
        return len(self.case_seconds)


def measure_costs(images: Sequence[str], scratch: Path, entries: int) -> Costs:
    """Evaluate the images on a suite of the demo's HELM runs, and return the costs.

    Args:
        entries: of the leaderboard that is measured, and then of one twice as long.
    """
    suite = open_suite(build_cluster_suite(scratch))
    out = scratch / "results"
    command = [str(RUNNER), "evaluate", *images, "--suite", str(suite.root), "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    reports = read_reports(out, parse_report).reports
    runs = len(images) * len(suite.cases)
    kept = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Costs(
        _case_seconds(reports.values()),
        _measure_head(images, suite, FinishedCases(out / "finished_cases")) / runs,
        kept / runs,
        *_measure_board(next(iter(reports.values())), entries),
    )


def _case_seconds(reports: Iterable[Report]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {}
    for report in reports:
        for case in report.cases:
            if case.resources is None or case.resources.cpu_seconds is None:
                raise ValueError(f"{case.id}: the engine does not report its CPU time")
            seconds.setdefault(case.id, []).append(case.resources.cpu_seconds + ENGINE_SECONDS)
    return seconds


class _NothingToRun:
    """An executor for batches that have finished."""

    engine_version = "none"
    findings: tuple[HostFinding, ...] = ()

    def run(
        self,
        tasks: Sequence[CaseTask],
        suites: Suites,  # noqa: ARG002
        begin: Begin,  # noqa: ARG002
        keep: Keep,  # noqa: ARG002
        say: Say,  # noqa: ARG002
    ) -> Iterator[EndedTask]:
        if tasks:
            raise ValueError(f"{len(tasks)} cases have not finished")
        return iter(())


def _measure_head(images: Sequence[str], suite: Suite, finished: FinishedCases) -> float:
    """Return the CPU seconds of resuming the batch when all its cases have finished."""
    engine = Engine.connect()
    settings = RunSettings(SandboxPolicy(suite.limits), suite.manifest.choices["seed"])
    passes = [Pass(engine.images.resolve(name), suite, settings, finished) for name in images]
    engine.close()
    begun = time.process_time()
    for _ in evaluate(passes, _NothingToRun(), SilentCases()):
        pass
    return time.process_time() - begun


def _measure_board(report: Report, entries: int) -> tuple[float, float]:
    """Return the CPU seconds per entry and per pair, from a leaderboard and one twice as long."""
    taken = []
    for count in (entries, 2 * entries):
        reports = {
            Path(str(number)): report.model_copy(
                update={
                    "image": report.image.model_copy(
                        update={"reference": str(number), "id": str(number)}
                    )
                }
            )
            for number in range(count)
        }
        begun = time.process_time()
        make_leaderboard(choose_all(reports), None)
        taken.append(time.process_time() - begun)
    once, twice = taken
    # Twice as many entries take twice the time, but for entries² more pairs.
    pair_seconds = max(twice - 2 * once, 0.0) / entries**2
    return once / entries - pair_seconds * (entries - 1) / 2, pair_seconds


def times_table(costs: Costs, submissions: Sequence[int], machines: Sequence[Machines]) -> str:
    """Return how long batches run, simulated, and how often nodes fetch an image."""
    lines = ["| submissions | nodes x slots | time | slots busy | images fetched | of them own |"]
    lines += ["|---:|---:|---:|---:|---:|---:|"]
    for count in submissions:
        for where in machines:
            found = simulate_batch(count, costs.case_seconds, where)
            own = size(found.pulls * OWN_MB * MB)
            line = f"| {count:,} | {where} | {duration(found.seconds)} | {found.busy:.0%} "
            lines.append(f"{line}| {found.pulls:,} | {own} |")
    return "\n".join(lines)


def costs_table(costs: Costs, submissions: Sequence[int]) -> str:
    """Return the other costs of batches: the head's time and storage."""
    lines = ["| submissions | cases | CPU time of predictors | head | kept | leaderboard of all |"]
    lines += ["|---:|---:|---:|---:|---:|---:|"]
    mean = sum(sum(each) / len(each) for each in costs.case_seconds.values())
    for count in submissions:
        cases = count * costs.cases
        pairs = count * (count - 1) / 2
        lines.append(
            f"| {count:,} | {cases:,} | {duration(count * mean)} "
            f"| {duration(cases * costs.head_seconds)} | {size(cases * costs.kept_bytes)} "
            f"| {duration(count * costs.entry_seconds + pairs * costs.pair_seconds)} |"
        )
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Return a time in a unit that is easy to read."""
    for unit, limit in (("s", 100), ("min", 100 * 60), ("h", 100 * HOUR)):
        if seconds < limit:
            return f"{seconds / {'s': 1, 'min': 60, 'h': HOUR}[unit]:.3g} {unit}"
    return f"{seconds / (24 * HOUR):,.0f} days"


def size(size_bytes: float) -> str:
    """Return a size in a unit that is easy to read."""
    for unit, scale in (("MB", 1e6), ("GB", 1e9)):
        if size_bytes < 1000 * scale:
            return f"{size_bytes / scale:.3g} {unit}"
    return f"{size_bytes / 1e12:.3g} TB"


def main() -> int:
    """Measure, simulate, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument(
        "--images", nargs="+", default=["train_mean", "scenario_mean", "perturbation_linear"]
    )
    parser.add_argument("--submissions", nargs="+", type=int, default=list(SUBMISSIONS))
    parser.add_argument("--entries", type=int, default=BOARD_ENTRIES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        costs = measure_costs(arguments.images, Path(scratch), arguments.entries)
    print(times_table(costs, arguments.submissions, MACHINES))
    print()
    print(costs_table(costs, arguments.submissions))
    taken = sorted(second for each in costs.case_seconds.values() for second in each)
    print(
        f"\n{len(taken)} recorded runs of {costs.cases} cases: "
        f"{taken[0]:.2f} to {taken[-1]:.2f} s; on the head {costs.head_seconds * 1000:.1f} ms "
        f"and {costs.kept_bytes / 1000:.0f} kB a "
        f"case; a leaderboard takes {costs.entry_seconds * 1000:.1f} ms an entry and "
        f"{costs.pair_seconds * 1e6:.2f} µs a pair"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

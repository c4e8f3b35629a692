"""``runner suite build`` at several numbers of runs: time and peak memory."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.copies import copy_runs
from benchmarks.measurement import Row, run_measured
from runner.audit.cheater import Cheater
from runner.audit.derivability import derive
from runner.helm_outputs.runs import RunDirectory
from runner.progress import Say
from runner.suites.opening import read_suite

RUNNER = Path(sys.executable).with_name("runner")
ROUNDS_AGAIN = 5


def measure_builds(
    runs: Sequence[RunDirectory],
    counts: Sequence[int],
    folder: Path,
    say: Say,
) -> list[Row]:
    """Return two rows for each number of runs, and two for building the first suite again.

    A build's ratio compares its time per run with the first build's; the cheater's compares it with
    the build. The ratio of the same build again compares it with checking digests.
    """
    rows: list[Row] = []
    per_run = 0.0
    for count in counts:
        say(f"suite build, {count} runs")
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            root = Path(scratch)
            command = _prepare(runs, count, root)
            seconds, peak_mb = run_measured(command, root / "log")
            say(f"  it took {seconds:.1f} s and {peak_mb:.0f} MB")
            per_run = per_run or seconds / count
            rows.append(
                Row(f"suite build, {count:,} runs", seconds, seconds / count / per_run, peak_mb)
            )
            cheated = _measure_cheater(root / "suite")
            rows.append(Row("of it the audit's cheater", cheated, cheated / seconds))
            if count == counts[0]:
                rows += _measure_again(command, root)
    return rows


def _measure_cheater(directory: Path) -> float:
    """Return the seconds in which the cheater gets what it can from every case of a suite."""
    suite = read_suite(directory)
    start = time.perf_counter()
    cheater = Cheater(suite)
    for case in suite.cases:
        derive(cheater.examine(case), suite.actuals(case))
    return time.perf_counter() - start


def _measure_again(command: Sequence[str | Path], root: Path) -> list[Row]:
    """Return the time of checking the digests of runs and suite, and of the same build again."""
    hash_all = ("-exec", "sha256sum", "{}", "+")
    checks: tuple[Sequence[str | Path], ...] = (
        ("find", root / "benchmark_output", "-name", "*.json", *hash_all),
        (RUNNER, "suite", "verify", root / "suite"),
    )
    pairs = []
    for _ in range(ROUNDS_AGAIN):
        checked = sum(run_measured(check, root / "log")[0] for check in checks)
        pairs.append((checked, *run_measured(command, root / "log")))
    checked, again, peak_mb = sorted(pairs, key=lambda pair: pair[1] / pair[0])[len(pairs) // 2]
    return [
        Row("sha256sum of its runs' files, then runner suite verify", checked, 1.0),
        Row("the same build again, nothing changed", again, again / checked, peak_mb),
    ]


def _prepare(runs: Sequence[RunDirectory], count: int, root: Path) -> list[str | Path]:
    """Write this many runs, and return the command that builds a suite of them."""
    copy_runs(runs, count, root)
    spec = {
        "name": "bench",
        "version": "1",
        "helm_runs": ["benchmark_output"],
        "division": {"method": "leave_one_out", "by": "model_deployment"},
        "accept": ["twins", "derivable", "shared"],
    }
    (root / "spec.yaml").write_text(yaml.safe_dump(spec))
    return [RUNNER, "suite", "build", root / "spec.yaml", "-o", root / "suite"]

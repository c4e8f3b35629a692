"""``make bench``: measure everything, print the ratios, and write ``benchmarks/RESULTS.md``."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measurement import Row, describe_machine, versions
from benchmarks.scoring import measure_scoring
from benchmarks.suite_builds import measure_builds
from runner.helm_outputs import find_runs

RESULTS = Path(__file__).with_name("RESULTS.md")
SCRATCH = Path("build/bench")
OURS = ("pandas", "polars", "pyarrow", "numpy", "scipy")
SCORED_TARGETS = 1_000_000


def main() -> None:
    """Measure, print and write."""
    arguments = _parse_arguments()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    runs = find_runs(arguments.helm_runs)
    _announce("frames")
    reading = _measure_reading(arguments)
    counts = sorted({len(runs), *arguments.builds})
    builds = measure_builds(runs, counts, SCRATCH, _announce)
    _announce(f"scoring of {arguments.targets:,} targets")
    scoring = measure_scoring(arguments.targets, arguments.rounds)
    today = datetime.now(UTC).date()
    described = arguments.description or f"{len(runs)} runs below {arguments.helm_runs}"
    text = "\n\n".join(
        [
            "# Benchmarks",
            "Written by `make bench`. Ratios hold for one session on one machine; compare them, "
            "not the seconds.",
            f"{today}. {describe_machine()}. {versions(OURS)}.",
            f"Data: {described}, {reading['bytes'] / 1e6:.0f} MB of JSON.",
            "## Reading\n\nFour frames per run. Fastest of "
            f"{arguments.rounds} rounds in one process, files in the page cache; ratio to the "
            f"first line. In its environment: {reading['versions']}.",
            _table([Row(**row) for row in reading["rows"]]),
            "## Building a suite\n\nThe runs, and as many copies of them under new names; "
            "leave-one-deployment-out, with the audit. Peak is of resident memory. Ratio of a "
            "build: time per run, to the first build's.",
            _table(builds),
            f"## Scoring\n\nFastest of {arguments.rounds} rounds; ratio to the first line.",
            _table(scoring),
        ]
    )
    arguments.out.write_text(text + "\n")
    print(text)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("helm_runs", help="a benchmark_output directory")
    parser.add_argument("--magnet-python", required=True, help="a Python with aiq-magnet")
    parser.add_argument("--description", help="of the data, for RESULTS.md")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--builds", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--targets", type=int, default=SCORED_TARGETS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def _measure_reading(arguments: argparse.Namespace) -> dict[str, object]:
    command = [arguments.magnet_python, "-m", "benchmarks.reading", arguments.helm_runs]
    command += ["--rounds", str(arguments.rounds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _table(rows: Sequence[Row]) -> str:
    lines = ["| | seconds | ratio | peak MB |", "|---|---:|---:|---:|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        peak = "" if row.peak_mb is None else f"{row.peak_mb:,.0f}"
        lines.append(f"| {row.what} | {row.seconds:.2f} | {ratio} | {peak} |")
    return "\n".join(lines)


def _announce(line: str) -> None:
    print(f"measuring {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

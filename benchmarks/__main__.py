"""``make bench``: measure, print the ratios, and write ``benchmarks/RESULTS.md``."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.batch import measure_jobs, measure_killed, measure_resumed
from benchmarks.boards import measure_board
from benchmarks.case_cost import measure_case_cost
from benchmarks.cluster import NODES, build_cluster_suite, measure_cluster
from benchmarks.intervals import interval_tables
from benchmarks.large_files import FIXED_MB, TIMES, measure_large_files
from benchmarks.measurement import Row, describe_machine, versions
from benchmarks.real_boards import board_table
from benchmarks.scoring import measure_scoring
from benchmarks.suite_builds import measure_builds
from runner.building.build import build_suite
from runner.building.demo_suite import unpack_demo_suite
from runner.files.scratch import scratch_directory
from runner.helm_outputs.runs import find_runs
from runner.suites.spec_file import make_spec

RESULTS = Path(__file__).with_name("RESULTS.md")
SCRATCH = Path("build/bench")
OURS = ("pandas", "polars", "pyarrow", "numpy", "scipy")
TARGETS = 1_000_000
ENTRIES = 1_000
CASE_IMAGE, CASES = "train_mean", 10
CLUSTER_IMAGES, WAIT_SECONDS, CLUSTER_ROUNDS = 6, 8.0, 3
RESUMED_IMAGES, BATCH_IMAGES, BATCH_PARTS = 200, 20, 5
TARGETS_WITH_INTERVALS = 100_000

HEAD = """\
# Benchmarks

Written by `make bench`. Compare ratios, not the seconds of two parts: each part holds within one
session on one machine.
"""


def main() -> None:
    """Measure parts, and write each into the results as soon as it is measured."""
    arguments = _parse_arguments()
    sections = SCRATCH / "sections"
    sections.mkdir(parents=True, exist_ok=True)
    for name in arguments.parts:
        section = f"{PARTS[name](arguments)}\n{_circumstances(arguments)}\n"
        print(section, flush=True)
        (sections / f"{name}.md").write_text(section)
        known = [path for path in (sections / f"{each}.md" for each in PARTS) if path.exists()]
        arguments.out.write_text("\n".join([HEAD, *(path.read_text() for path in known)]))


def _circumstances(arguments: argparse.Namespace) -> str:
    today = datetime.now(UTC).date()
    data = arguments.description or arguments.helm_runs
    return f"{today}, {describe_machine()}; {versions(OURS)}; HELM runs: {data}."


def _frames(arguments: argparse.Namespace) -> str:
    """Measure in the other environment, which has MAGNET."""
    _announce("frames")
    command = [arguments.magnet_python, "-m", "benchmarks.reading", arguments.helm_runs]
    command += ["--rounds", str(arguments.rounds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    to_orjson, to_ours = ([Row(**row) for row in rows] for rows in measured["tables"])
    return f"""\
## Frames

The four frames of each of {measured["runs"]} runs, {measured["bytes"] / 1e6:.0f} MB of JSON in the
page cache, in one process. The first line of a table runs right before each other line; ratio: the
median of {arguments.rounds} such pairs; seconds: the median. The targets are at most 1.6
times orjson's parse, and at least 6 times faster than MAGNET. The runner parses each text of a stat
once, so there is a line for data in which no two are alike. With {measured["versions"]}.

{_table(to_orjson)}

{_table(to_ours)}
"""


def _large_files(_arguments: argparse.Namespace) -> str:
    _announce("large files")
    return f"""\
## Large files

One run whose `scenario_state.json` holds 200 tokens for each completion, each with five
`top_logprobs` by token text: the frames, read by a process of their own. Peak of resident memory;
ratio: to {TIMES} times the file and {FIXED_MB} MB, which is the target.

{_table(measure_large_files(SCRATCH / "large"))}
"""


def _builds(arguments: argparse.Namespace) -> str:
    runs = find_runs(arguments.helm_runs)
    counts = sorted({len(runs), *arguments.builds})
    rows = measure_builds(runs, counts, SCRATCH, _announce)
    return f"""\
## Building a suite

`runner suite build` of the runs, and of copies of them under new names: leave-one-deployment-out,
with the audit. Peak of resident memory. Ratio: time per run to that of the first build; of the
cheater, to the build; of the same again, to checking the digests of the same files. The targets are
at most twice the first build's memory for 10,000 runs, and no longer than checking digests if
nothing has changed.

{_table(rows)}
"""


def _scoring(arguments: argparse.Namespace) -> str:
    _announce(f"scoring of {arguments.targets:,} targets")
    fewer = min(arguments.targets, TARGETS_WITH_INTERVALS)
    return f"""\
## Scoring

Medians of {arguments.rounds} rounds in one process; ratio to the first line, within a round.

{_table(measure_scoring(arguments.targets, fewer, arguments.rounds))}
"""


def _intervals(arguments: argparse.Namespace) -> str:
    _announce("how often intervals and ranks are right")
    return f"""\
## Intervals and ranks

Simulated normal errors of one run per scenario and model; shares: percent of their variance that
are of the scenario, of the model, and of neither. Coverage: how often the 95 % interval of an MAE
holds the true one. Type I: how often two equal predictors differ clearly. Runs: as if all runs
were independent; crossed: the runner's. The targets are at least .92 and at most .06 where there
are ten scenarios and ten models or more, and at most .05 of false boards.
{arguments.repetitions:,} repetitions, of boards a fifth.

{interval_tables(arguments.repetitions)}
"""


def _boards(arguments: argparse.Namespace) -> str:
    _announce(f"leaderboards of {ENTRIES:,} reports")
    folder = SCRATCH / "boards"
    folder.mkdir(exist_ok=True)
    demo = build_cluster_suite(folder)
    given = {"name": "given", "version": "1", "helm_runs": [f"{arguments.helm_runs}/runs/*/*"]}
    division = {"method": "leave_one_out", "by": "model_deployment"}
    accept = {"accept": ["twins", "derivable", "shared"], "targets": ["exact_match"]}
    spec = make_spec({**given, "division": division, **accept}, "the benchmark")
    suite = build_suite(spec, folder / "given").suite.root
    rows = measure_board("five cases, 24 eval runs", demo, ENTRIES, folder)
    rows += measure_board("the HELM runs, leave-one-deployment-out", suite, ENTRIES, folder)
    return f"""\
## Time of leaderboards

`runner leaderboard` of {ENTRIES:,} reports: with an empty cache, then once more. Seconds of CPU
time, the start of Python included. The targets are 15 s and 3 s for the first suite.

{_table(rows)}
"""


def _real_boards(arguments: argparse.Namespace) -> str:
    _announce("leaderboards of the demo's topics and of the runs")
    with scratch_directory() as scratch:
        topics = unpack_demo_suite(scratch / "unpacked") / "demo_topic*"
        tables = [
            board_table(str(source), "exact_match", scratch / name)
            for name, source in (("topics", topics), ("runs", arguments.helm_runs))
        ]
    return f"""\
## Leaderboards of real suites

`exact_match`, one deployment left out at a time, five instances of each run revealed. Before: each
target weighs the same, runs are independent, and ranks are those of pairs alone. Then as the runner
does it: distinct stats by instances within a run, the mean over runs, crossed scenarios and models,
and ranks that hold together. The sample mean is that of the revealed instances.

The demo's topics: {tables[0]}

The HELM runs: {tables[1]}
"""


def _cases(arguments: argparse.Namespace) -> str:
    _announce("cases in the sandbox")
    plain, sandboxed = measure_case_cost(CASE_IMAGE, CASES, arguments.rounds)
    rows = [Row("docker run", plain), Row("in the sandbox", sandboxed, sandboxed / plain)]
    return f"""\
## Cases

One case of {CASE_IMAGE}, {CASES} in a row, beside `docker run` with the same flags and bind mounts.
The round with the median ratio of {arguments.rounds}.

{_table(rows)}
"""


def _batches(_arguments: argparse.Namespace) -> str:
    _announce("a batch that is taken up again, killed, and run two cases at a time")
    resumed = measure_resumed(CASE_IMAGE, RESUMED_IMAGES)
    jobs = measure_jobs(CASE_IMAGE, BATCH_IMAGES, BATCH_PARTS)
    killed = measure_killed(CASE_IMAGE, BATCH_IMAGES)
    return f"""\
## Batches

{RESUMED_IMAGES} images whose cases have all finished: what scoring them takes, and the same command
once more, as a share of the cases' own run time. The target is at most 0.01.

{_table(resumed)}

Predictors that compute for more than ten seconds, each on one processor, in {BATCH_PARTS} parts of
the batch, each of which is run both ways in turn. The target is at most 0.56 of the
time one by one.

{_table(jobs)}

Killed with SIGKILL, and taken up by the same command each time: {killed.runs} containers for
{killed.cases} cases, of which the kills took {killed.in_flight} in flight. Reports other than
undisturbed, times aside: {len(killed.differing)}.

{_table(killed.rows)}
"""


def _cluster(_arguments: argparse.Namespace) -> str:
    _announce("a batch on a Ray cluster")
    local, cluster, cases = measure_cluster(
        CASE_IMAGE, CLUSTER_IMAGES, WAIT_SECONDS, CLUSTER_ROUNDS
    )
    rows = [Row("local pool", local), Row("Ray cluster", cluster, cluster / local)]
    return f"""\
## Cluster

{cases} cases of {CASE_IMAGE}, which waits {WAIT_SECONDS:g} s before it begins, {NODES} at a time:
by `--jobs` on one engine, and on a Ray cluster of {NODES} nodes on the same engine, which runs
already. The round with the median ratio of {CLUSTER_ROUNDS}.

{_table(rows)}
"""


PARTS: dict[str, Callable[[argparse.Namespace], str]] = {
    "frames": _frames,
    "large": _large_files,
    "builds": _builds,
    "scoring": _scoring,
    "intervals": _intervals,
    "boards": _boards,
    "real_boards": _real_boards,
    "cases": _cases,
    "batches": _batches,
    "cluster": _cluster,
}


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("helm_runs", help="a benchmark_output directory")
    parser.add_argument("--magnet-python", required=True, help="a Python with aiq-magnet")
    parser.add_argument("--description", help="of the data, for RESULTS.md")
    parser.add_argument(
        "--parts", nargs="*", choices=PARTS, default=list(PARTS), help="those to measure anew"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--builds", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--repetitions", type=int, default=1_000, help="of simulations")
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def _table(rows: Sequence[Row]) -> str:
    lines = ["| | seconds | ratio | peak MB |", "|---|---:|---:|---:|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        peak = "" if row.peak_mb is None else f"{row.peak_mb:,.0f}"
        lines.append(f"| {row.what} | {row.seconds:.2f} | {ratio} | {peak} |")
    return "\n".join(lines)


def _announce(line: str) -> None:
    print(f"measuring {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

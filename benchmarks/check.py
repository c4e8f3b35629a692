"""``make bench-check``: fails if the runner has become slower beside what it is compared with.

    python -m benchmarks.check HELM_RUNS [--write]

Takes a minute or two, on the demo's runs. ``make bench`` keeps the ratios that later ones are
compared with. Needs an engine and the image train_mean (`make images`).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.case_cost import measure_case_cost
from benchmarks.loaders import load_with_pandas, load_with_runner, parse_with_orjson
from benchmarks.measurement import Row, compare_in_turns, cpu_seconds
from benchmarks.scoring import measure_scoring
from runner.helm_outputs.runs import find_runs

KEPT = Path(__file__).with_name("ratios.json")
MOST_WORSE = 1.5
"""A ratio may be so many times the kept one: a busy machine moves it by less."""

ROUNDS, STARTS = 3, 5
TARGETS, TARGETS_WITH_INTERVALS = 100_000, 5_000
CASE_IMAGE, CASES = "train_mean", 5

Ratios = Mapping[str, float]
"""The runner's time as a multiple of another's, by what is compared. Less is better.

It is CPU time, but that of a case is the time that passes: the engine does most of the work.
"""


def measure_frames(helm_runs: Path) -> Ratios:
    """Return the ratios of reading HELM's runs."""
    runs = find_runs(helm_runs)
    ours = {"frames by the runner": lambda: load_with_runner(runs)}
    found: dict[str, float] = {}
    for name, other in (("orjson", parse_with_orjson), ("pandas", load_with_pandas)):
        rows = compare_in_turns({name: partial(other, runs), **ours}, ROUNDS, cpu_seconds)
        found |= _ratios(rows, f"beside {name}")
    return found


def measure_scores() -> Ratios:
    """Return the ratios of scoring."""
    rows = measure_scoring(TARGETS, TARGETS_WITH_INTERVALS, ROUNDS, cpu_seconds)
    return _ratios(rows, "beside pandas' merge")


def measure_case() -> Ratios:
    """Return the ratio of a case in the sandbox."""
    plain, sandboxed = measure_case_cost(CASE_IMAGE, CASES, ROUNDS)
    return {"a case in the sandbox, beside docker run": sandboxed / plain}


def measure_start() -> Ratios:
    """Return the ratios of the command's start."""
    commands: dict[str, Sequence[str | Path]] = {
        "import pandas": [sys.executable, "-c", "import pandas"],
        "runner --version": [Path(sys.executable).with_name("runner"), "--version"],
        "import of what evaluates": [sys.executable, "-c", "import runner.cli.evaluate"],
    }
    return compare_commands(commands)


def compare_commands(commands: Mapping[str, Sequence[str | Path]], rounds: int = STARTS) -> Ratios:
    """Return how many times as long as the first each other command takes."""
    runs: dict[str, Callable[[], object]] = {
        name: partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        for name, command in commands.items()
    }
    return _ratios(compare_in_turns(runs, rounds, cpu_seconds), f"beside {next(iter(commands))}")


def _ratios(rows: Sequence[Row], beside: str) -> Ratios:
    """Return the ratios of the rows but the first, which they are compared with."""
    return {f"{row.what}, {beside}": row.ratio for row in rows[1:] if row.ratio is not None}


def find_worse(now: Ratios, kept: Ratios) -> list[str]:
    """Return a line for each ratio that is worse than the kept one by more than half. Pure."""
    return [
        f"{what}: {now[what]:.2f}, which was {before:.2f}"
        for what, before in kept.items()
        if what in now and now[what] > MOST_WORSE * before
    ]


def check(measures: Sequence[Callable[[], Ratios]], kept: Ratios) -> list[str]:
    """Print all ratios beside the kept ones; return a line for each that is worse.

    What is worse is measured once more, in case that the machine was busy: the better one counts.
    """
    worse: list[str] = []
    seen: dict[str, float] = {}
    for measure in measures:
        now = dict(measure())
        if find_worse(now, kept):
            again = measure()
            now = {what: min(ratio, again[what]) for what, ratio in now.items()}
        for what, ratio in now.items():
            before = f"{kept[what]:.2f}" if what in kept else "none is kept"
            print(f"{ratio:6.2f}  {what} (before: {before})", flush=True)
        worse += find_worse(now, kept)
        seen |= now
    gone = [f"{what}: not measured any more; `make bench` keeps others" for what in kept]
    return worse + [line for what, line in zip(kept, gone, strict=True) if what not in seen]


def main() -> int:
    """Measure; keep the ratios, or return 1 if one is worse than the kept one by more than half."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check")
    parser.add_argument("helm_runs", type=Path)
    parser.add_argument("--write", action="store_true", help="keep the ratios")
    arguments = parser.parse_args()
    measures = (partial(measure_frames, arguments.helm_runs), *OTHERS)
    if arguments.write:
        found = {what: round(ratio, 3) for each in measures for what, ratio in each().items()}
        KEPT.write_text(json.dumps(found, indent=2) + "\n")
        return 0
    worse = check(measures, json.loads(KEPT.read_text()))
    for line in worse:
        print(f"slower: {line}", file=sys.stderr)
    return int(bool(worse))


OTHERS = (measure_start, measure_scores, measure_case)

if __name__ == "__main__":
    sys.exit(main())

"""``runner leaderboard`` of many reports: the first time, and once more."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measurement import Row, cpu_seconds
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.reports.report import REPORT_FILE
from runner.suites.opening import open_suite
from tests.evaluation_builder import Predict, evaluate_function

RUNNER = Path(sys.executable).with_name("runner")
NAME = "the-name-of-the-image"
DISTINCT = 20
"""How many reports have errors of their own; the others are theirs under other names."""


def measure_board(title: str, suite: Path, entries: int, folder: Path) -> list[Row]:
    """Return the CPU seconds of a leaderboard of so many reports, first with an empty cache."""
    with TemporaryDirectory(dir=folder) as scratch:
        results, cache = Path(scratch, "results"), Path(scratch, "cache")
        size = 0
        for number, text in enumerate(_texts(suite, entries)):
            (results / str(number)).mkdir(parents=True)
            (results / str(number) / REPORT_FILE).write_text(text)
            size += len(text)
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        taken = []
        for _ in range(2):
            before = cpu_seconds()
            command: list[str | Path] = [RUNNER, "leaderboard", results]
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            taken.append(cpu_seconds() - before)
    first, again = taken
    what = f"{entries:,} reports of {title}, {size / entries / 1e6:.1f} MB each"
    return [Row(what, first, 1.0), Row("the same again", again, again / first)]


def _texts(suite: Path, entries: int) -> Iterator[str]:
    opened = open_suite(suite)
    reports = [evaluate_function(opened, _off(seed), NAME).report for seed in range(DISTINCT)]
    texts = [report.model_dump_json(indent=2) for report in reports]
    for number in range(entries):
        yield texts[number % DISTINCT].replace(NAME, f"image-{number}")


def _off(seed: int) -> Predict:
    """Return what is off by normal errors, and by its own bias."""
    drawn = random.Random(seed)  # noqa: S311  (no secret)
    own = drawn.uniform(-0.1, 0.1)

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat:
        return target.predicted((actual.mean or 0.0) + own + drawn.gauss(0, 0.1))

    return predict

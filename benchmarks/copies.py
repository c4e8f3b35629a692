"""Makes any number of HELM runs from a few: copies under new names."""

import json
import re
import shutil
from collections.abc import Sequence
from itertools import count, islice
from pathlib import Path

from runner.helm_outputs.runs import PER_INSTANCE_STATS, RUN_FILES, RUN_SPEC, STATS, RunDirectory

SUM = re.compile(rb'"sum": [^,]*,')


def copy_runs(runs: Sequence[RunDirectory], wanted: int, root: Path) -> None:
    """Write ``benchmark_output/runs/v1`` below a root, with some runs or copies of them.

    The first copy of a run keeps its name, the others get one more argument, ``copy=N``. Each has
    files of its own: the runner refuses runs that share one.
    """
    suite = root / "benchmark_output" / "runs" / "v1"
    names = ((run, copy) for copy in range(-(-wanted // len(runs))) for run in runs)
    for run, copy in islice(names, wanted):
        directory = suite / (run.path.name if copy == 0 else f"{run.path.name},copy={copy}")
        directory.mkdir(parents=True)
        for name in RUN_FILES:
            if name != RUN_SPEC:
                shutil.copyfile(run.path / name, directory / name)
        spec = json.loads((run.path / RUN_SPEC).read_bytes())
        spec["name"] += f",copy={copy}" if copy else ""
        (directory / RUN_SPEC).write_text(json.dumps(spec, indent=2))


def copy_with_distinct_stats(runs: Sequence[RunDirectory], root: Path) -> None:
    """Write the runs again below a root, with a different sum in every stat, so all differ."""
    numbers = count()
    for run in runs:
        directory = root / run.path.name
        directory.mkdir(parents=True)
        for name in RUN_FILES:
            content = (run.path / name).read_bytes()
            if name in (STATS, PER_INSTANCE_STATS):
                content = SUM.sub(lambda _: b'"sum": %d.5,' % next(numbers), content)
            (directory / name).write_bytes(content)

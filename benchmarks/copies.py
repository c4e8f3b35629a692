"""As many HELM runs as wanted, from a few: copies under new names."""

import json
import os
import shutil
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from runner.helm_outputs import RUN_FILES, RUN_SPEC, RunDirectory


def copy_runs(runs: Sequence[RunDirectory], count: int, root: Path) -> None:
    """Write ``benchmark_output/runs/v1`` below a root, with some runs or copies of them.

    The first copy of a run keeps its name, the others get one more argument, ``copy=N``. Files
    that need no new name are hard links where the file system allows.
    """
    suite = root / "benchmark_output" / "runs" / "v1"
    names = ((run, copy) for copy in range(-(-count // len(runs))) for run in runs)
    for run, copy in islice(names, count):
        directory = suite / (run.path.name if copy == 0 else f"{run.path.name},copy={copy}")
        directory.mkdir(parents=True)
        for name in RUN_FILES:
            if name != RUN_SPEC:
                _link(run.path / name, directory / name)
        spec = json.loads((run.path / RUN_SPEC).read_bytes())
        spec["name"] += f",copy={copy}" if copy else ""
        (directory / RUN_SPEC).write_text(json.dumps(spec, indent=2))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)

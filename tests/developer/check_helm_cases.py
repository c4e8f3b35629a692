"""Odd HELM outputs: build, stage, compare with MAGNET 0.1.0, evaluate. For developers.

``build/magnet/bin/python -m tests.developer.check_helm_cases CASES [--images IMAGE ...]``; ``make
check-magnet`` makes that environment. CASES is a folder of scripts, each of which writes a
``benchmark_output`` below $CASE_OUT. Its first line may name arguments: ``(argument: a, b)``. A
``mutations.py`` there has functions in ALL, each of which damages one run of a valid suite.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from magnet.predictor import Policy, Predictor

from runner.contract.frames import read_frame
from runner.errors import RunnerError
from runner.helm_outputs.runs import find_partial_runs
from runner.suites.suite import Suite
from tests.developer.compare_with_magnet import is_missing
from tests.suite_builder import build, stage

TRAIN_RUNS, INSTANCES, SEED = 3, 5, 1
FIELDS = {
    "instance_targets": ["exact_match"],
    "keep_together": ["sweeps", "twins"],
    "accept": ["derivable"],  # of instances that are revealed
    "revealed": {"instances": INSTANCES},
}
FRAMES = {  # ours: MAGNET's
    "run_specs": "run_specs",
    "scenario_states": "scenario_state",
    "stats": "stats",
    "per_instance_stats": "per_instance_stats",
}


@dataclass
class Row:
    """What came of one case."""

    name: str
    built: str
    digests: int = 0
    differing: str = ""
    evaluated: str = ""

    def __str__(self) -> str:
        digests = f"{self.digests} digest" if self.digests else ""
        cells = (self.name, digests, self.differing, self.evaluated, self.built)
        return f"| {' | '.join(cells)} |"


def find_cases(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each case and the command that writes it."""
    for script in sorted(folder.glob("[0-9]*.py")):
        first_line = script.read_text().partition("\n")[0]
        given = re.search(r"\(argument: ([a-z_, ]+)\)", first_line)
        for argument in given[1].split(", ") if given else [""]:
            yield f"{script.stem} {argument}".strip(), [str(script), *argument.split()]


def find_mutations(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each mutation and the command that writes it."""
    script = folder / "mutations.py"
    if script.is_file():
        code = "import mutations; print(*mutations.ALL)"
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True
        )
        for name in found.stdout.split():
            yield name, [str(script), name]


def check(name: str, command: list[str], scratch: Path, builds: int, images: list[str]) -> Row:
    """Return what came of a case, which is written, built and evaluated in the scratch folder."""
    environment = {**os.environ, "CASE_OUT": str(scratch / "case")}
    # A script that damages what it wrote can leave what its own user may not read.
    subprocess.run(
        [sys.executable, *command], check=True, env=environment, stdout=subprocess.DEVNULL
    )
    source = scratch / "case" / "benchmark_output"
    digests = set()
    try:
        for number in range(builds):
            suite = build(source, scratch / f"suite {number}", seed=SEED, **FIELDS)
            digests.add(digest_of_inputs(suite))
    except RunnerError as error:
        lines = str(error).replace(f"{scratch}/case/", "").splitlines()
        return Row(name, f"exit {error.exit_code}: {' '.join(lines)[:160]}".replace("|", "/"))
    row = Row(name, f"{len(suite.cases)} case(s)", len(digests))
    row.differing = compare(suite, source, scratch)
    if images:
        row.evaluated = evaluate(scratch / "suite 0", images, scratch / "results")
    return row


def digest_of_inputs(suite: Suite) -> str:
    """Return a digest of the frames that the suite's containers see."""
    digest = hashlib.sha256()
    for case in suite.cases:
        for path, content in sorted(stage(suite, case).files.items()):
            if path.endswith(".parquet"):
                digest.update(path.encode() + content)
    return digest.hexdigest()


def compare(suite: Suite, source: Path, scratch: Path) -> str:
    """Return how many cells of the train frames differ from MAGNET's, and the first of them."""
    paths = [str(run.path) for run in find_partial_runs(source).runs]
    try:
        magnet = Predictor(TRAIN_RUNS, INSTANCES, SEED, Policy.IGNORE)
        train, _ = magnet.prepare_all_dataframes(paths)
    except Exception as error:  # noqa: BLE001  (whatever MAGNET does with odd files)
        return f"MAGNET: {type(error).__name__}"
    found = []
    for ours, magnets in FRAMES.items():
        (scratch / "frame").write_bytes(stage(suite).files[f"train/{ours}.parquet"])
        found += differing_cells(read_frame(scratch / "frame"), getattr(train, magnets))
    return f"{len(found)} cells {' '.join(found[:1])}".strip().replace("|", "/")


def differing_cells(ours: pd.DataFrame, magnets: pd.DataFrame) -> list[str]:
    """Return each cell that differs; a column that one side lacks is missing values."""
    if len(ours) != len(magnets):
        return [f"{len(ours)} rows, MAGNET has {len(magnets)}"]
    none = [None] * len(ours)
    found = []
    for column in dict.fromkeys([*ours.columns, *magnets.columns]):
        mine = ours[column].tolist() if column in ours else none
        theirs = magnets[column].tolist() if column in magnets else none
        for one, other in zip(mine, theirs, strict=True):
            if not (is_missing(one) and is_missing(other)) and one != other:
                found.append(f"{column}: {one!r:.40}, MAGNET {other!r:.40}")
    return found


def evaluate(suite: Path, images: list[str], results: Path) -> str:
    """Return how the evaluations of a suite ended."""
    command = [Path(".venv/bin/runner"), "evaluate", *images, "--suite", suite, "--out", results]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode == 0:
        return f"{len(images)} scored"
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
    return f"exit {ended.returncode}: {' '.join(lines[-3:])[:300]}".replace("|", "/")


def main() -> None:
    """Print a line for each case and each mutation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--builds", type=int, default=20)
    parser.add_argument("--images", nargs="*", default=[])
    parser.add_argument("--only", default="", help="a regular expression of names")
    arguments = parser.parse_args()
    folder = arguments.cases.resolve()
    found = [(*case, arguments.builds, arguments.images) for case in find_cases(folder)]
    found += [(*mutation, 2, arguments.images) for mutation in find_mutations(folder)]
    for name, command, builds, images in found:
        if re.search(arguments.only, name):
            with tempfile.TemporaryDirectory() as scratch:
                print(check(name, command, Path(scratch), builds, images), flush=True)


if __name__ == "__main__":
    main()

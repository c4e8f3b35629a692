"""Versions of a suite whose train and eval runs are apart, so that actuals can be corrected."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.suites.suite import Suite
from tests.helm_builder import run_files, stat, write_run, write_suite
from tests.suite_builder import build

TRAIN = (0, 1)
EVAL = (2, 3, 4, 5)
CORRECTED = 0.6
"""The actual of the first case in the corrected version; it is 0.2 in the first."""


@dataclass(frozen=True)
class Versions:
    """A suite of four cases, and versions of it.

    Attributes:
        corrected: one actual is higher.
        renamed: nothing differs but the version.
        other_inputs: the second case reveals another completion.
    """

    first: Suite
    corrected: Suite
    renamed: Suite
    other_inputs: Suite


def build_versions(root: Path) -> Versions:
    """Return the versions, each built from HELM runs of its own."""
    return Versions(
        first=_build(root / "first", "1"),
        corrected=_build(root / "corrected", "2", EVAL[0], mean=CORRECTED),
        renamed=_build(root / "renamed", "2"),
        other_inputs=_build(root / "inputs", "2", EVAL[1], mean=EVAL[1] / 10, completion="B"),
    )


def _build(root: Path, version: str, subject: int | None = None, **changed: Any) -> Suite:
    runs = write_suite(root, runs=len(TRAIN) + len(EVAL))
    if subject is not None:
        _change_run(runs, subject, **changed)
    train = [f"demo:subject={number},*" for number in TRAIN]
    cases = [{"train": train, "eval": [f"demo:subject={number},*"]} for number in EVAL]
    division = {"method": "explicit", "cases": cases}
    return build(runs, root / "suite", version=version, division=division)


def _change_run(runs: Path, subject: int, mean: float, completion: str = "A") -> None:
    name = f"demo:subject={subject},model=demo/model"
    stats = [stat("exact_match", mean), stat("num_references", 2.0)]
    files = run_files(name, stats=stats)
    for state in files["scenario_state.json"]["request_states"]:
        state["result"]["completions"][0]["text"] = completion
    shutil.rmtree(runs / name.replace("/", "_"))
    write_run(runs, name, files)

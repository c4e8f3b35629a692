"""Versions of a suite whose train and eval runs are apart, so that actuals can be corrected."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.suites.suite import Suite
from tests.helm_builder import run_files, stat, write_run, write_suite
from tests.suite_builder import build_unaudited

TRAIN = (0, 1)
EVAL = 2
"""The first eval run, and that of the first case."""
CORRECTED = 0.6
"""The actual of the first case in the corrected version; it is 0.2 in the first."""


@dataclass(frozen=True)
class Versions:
    """A suite, and versions of it.

    Attributes:
        corrected: one actual is higher.
        renamed: nothing differs but the version.
        other_inputs: the second case reveals another completion.
    """

    first: Suite
    corrected: Suite
    renamed: Suite
    other_inputs: Suite


def build_versions(root: Path, cases: int = 4) -> Versions:
    """Return the versions, each built from HELM runs of its own."""
    second = EVAL + 1
    return Versions(
        first=_build(root / "first", cases, "1"),
        corrected=_build(root / "corrected", cases, "2", EVAL, mean=CORRECTED),
        renamed=_build(root / "renamed", cases, "2"),
        other_inputs=_build(root / "inputs", cases, "2", second, mean=second / 10, completion="B"),
    )


def _build(
    root: Path, cases: int, version: str, subject: int | None = None, **changed: Any
) -> Suite:
    runs = write_suite(root, runs=len(TRAIN) + cases)
    if subject is not None:
        _change_run(runs, subject, **changed)
    train = [f"demo:subject={number},*" for number in TRAIN]
    evals = [f"demo:subject={EVAL + number},*" for number in range(cases)]
    divided = [{"train": train, "eval": [name]} for name in evals]
    division = {"method": "explicit", "cases": divided}
    return build_unaudited(runs, root / "suite", version=version, division=division)


def _change_run(runs: Path, subject: int, mean: float, completion: str = "A") -> None:
    name = f"demo:subject={subject},model=demo/model"
    stats = [stat("exact_match", mean), stat("num_references", 2.0)]
    files = run_files(name, stats=stats)
    for state in files["scenario_state.json"]["request_states"]:
        state["result"]["completions"][0]["text"] = completion
    shutil.rmtree(runs / name.replace("/", "_"))
    write_run(runs, name, files)

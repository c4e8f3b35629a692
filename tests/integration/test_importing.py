"""Suites of imported runs, evaluated in real containers, on a leaderboard."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.building.demo_suite import unpack_demo_suite
from tests.imports import BESIDE, DATA, unpack_records
from tests.integration.command import runner

pytestmark = pytest.mark.usefixtures("state")

IMAGES = ["train_mean", "random"]


MIXED = {"units": {"acc": "shares", "exact": "shares"}}
"""Scores of several harnesses have one unit only if the organizer says so."""


def imported(source: Path, output: Path) -> Path:
    """Return a benchmark_output with the runs of a source."""
    assert BESIDE.is_dir(), "make build/inspect/installed puts Inspect there"
    path = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(BESIDE)]
    ended = runner("import", source, "-o", output, PYTHONPATH=os.pathsep.join(path))
    assert ended.returncode == 0, ended.stderr
    return output


def leaderboard(root: Path, *helm_runs: Path, **fields: Any) -> tuple[dict[str, Any], str]:
    """Build a suite, evaluate two images on it, and return the board and what the audit prints."""
    spec = {
        "name": "imported",
        "version": "1",
        "helm_runs": [str(each) for each in helm_runs],
        "division": {"method": "holdout", "by": "model"},
        "revealed": {"instances": 2},
        **fields,
    }
    (root / "spec.yaml").write_text(yaml.safe_dump(spec))
    built = runner("suite", "build", root / "spec.yaml", "-o", root / "suite")
    assert built.returncode == 0, built.stderr
    audit = runner("suite", "audit", root / "suite")
    assert audit.returncode == 0, audit.stdout
    ended = runner("evaluate", *IMAGES, "--suite", root / "suite", "--out", root / "results")
    assert ended.returncode == 0, ended.stderr
    board = runner("leaderboard", root / "results", "--json")
    assert board.returncode == 0, board.stderr
    found: dict[str, Any] = json.loads(board.stdout)
    return found, audit.stdout


def ranks(board: dict[str, Any]) -> set[tuple[str, bool]]:
    return {(entry["image"], entry["rank"] is not None) for entry in board["entries"]}


ALL_RANKED = {(image, True) for image in IMAGES}


@pytest.mark.parametrize(
    ("harness", "target", "words"),
    [
        ("lm_eval", "acc", "12 runs are from lm-evaluation-harness"),
        pytest.param("inspect", "exact", "6 runs are from Inspect", marks=pytest.mark.long),
        pytest.param(
            "every_eval_ever",
            "exact_match",
            "50 runs are from Every Eval Ever of helm",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_suite_of_a_harness_is_evaluated_and_ranked(
    harness: str, target: str, words: str, tmp_path: Path
) -> None:
    source = unpack_records(tmp_path) if harness == "every_eval_ever" else DATA / harness
    output = imported(source, tmp_path / "benchmark_output")
    board, audit = leaderboard(tmp_path, output, targets=[target])
    assert ranks(board) == ALL_RANKED
    assert f"unknown: {words}" in audit


@pytest.mark.long
def test_a_suite_of_helms_runs_and_imported_ones_is_evaluated_and_ranked(tmp_path: Path) -> None:
    output = imported(DATA / "lm_eval", tmp_path / "benchmark_output")
    imported(DATA / "inspect", output)
    demo = unpack_demo_suite(tmp_path / "demo")
    board, audit = leaderboard(
        tmp_path,
        output,
        demo / "demo_reading*",
        targets=["acc", "exact", "exact_match"],
        scoring=MIXED,
    )
    assert ranks(board) == ALL_RANKED
    assert "which name scenarios and models differently" in audit
    assert all(name in audit for name in ("HELM", "Inspect", "lm-evaluation-harness"))

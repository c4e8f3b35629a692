from pathlib import Path
from typing import Any

import pytest

from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.sandbox.policy import SandboxPolicy
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.unit.evaluation.builder import IMAGE


@pytest.mark.parametrize(
    ("division", "reads_image"),
    [
        ({"method": "k_fold", "folds": 2}, True),
        ({"method": "holdout", "by": "run", "share": 0.5, "cases": 2}, False),
    ],
)
def test_the_image_is_read_first_only_where_cases_share_runs(
    tmp_path: Path, division: dict[str, Any], *, reads_image: bool
) -> None:
    accept = ["twins", "derivable"]
    made = write_suite(tmp_path, runs=6)
    suite = build_unaudited(made, tmp_path / "suite", division=division, accept=accept)
    settings = RunSettings(SandboxPolicy(), seed=1)
    one = Pass(IMAGE, suite, settings, FinishedCases(tmp_path / "finished"))
    assert {task.reads_image for task in one.tasks()} == {reads_image}

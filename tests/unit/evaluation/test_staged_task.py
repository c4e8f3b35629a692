from dataclasses import replace
from pathlib import Path

from runner.evaluation.input_changes import BLANKED
from runner.evaluation.staged_task import stage_task
from runner.suites.opening import open_public_half
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.unit.evaluation.builder import TASK


def test_a_task_is_staged_from_the_public_half_alone(tmp_path: Path) -> None:
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "suite")
    task = replace(TASK, suite_digest=suite.digest)
    whole = stage_task(task, suite)
    (suite.root / "private").rename(tmp_path / "away")
    assert stage_task(task, open_public_half(suite.root)) == whole
    blanked = stage_task(replace(task, input_change=BLANKED), suite)
    assert blanked.files != whole.files

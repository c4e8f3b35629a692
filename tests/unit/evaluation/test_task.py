"""A task is a plain value; its key tells every run from every other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from runner.contract.limits import Limits
from runner.errors import SuiteError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.input_changes import BLANKED, SHUFFLED
from runner.evaluation.task import CaseTask, read_task_suite, stage_task
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import ResourceUse
from runner.sandbox.run import SandboxRun
from tests.helm_builder import write_suite
from tests.suite_builder import build

IMAGE = Image("team/predictor:1", "sha256:1", environment={"A": "b"})
TASK = CaseTask(IMAGE, "v1", Path("/suites/v1"), "sha256:2", "case-1", SandboxPolicy(), 1)
RUN = SandboxRun(
    ContainerEnd(0, wall_seconds=1.5),
    Output({"predictions.json": b"\xff{}"}, {}, False, 3, 1),
    b"log\xff",
    ResourceUse(1.5, 3, 1, None, None, is_sampled=False),
    None,
)

LIMITS: dict[str, Any] = {**Limits().to_json()}

OTHERS: dict[str, dict[str, Any]] = {
    "image": {"image": replace(IMAGE, id="sha256:9")},
    "suite": {"suite_digest": "sha256:9"},
    "case": {"case": "case-2"},
    "seed": {"seed": 2},
    "input change": {"input_change": SHUFFLED},
    "runtime": {"policy": SandboxPolicy(runtime="runsc")},
    "gpus": {"policy": SandboxPolicy(gpus=1)},
    **{
        name: {"policy": SandboxPolicy(Limits(**{**LIMITS, name: LIMITS[name] + 1}))}
        for name in LIMITS
    },
}


def test_a_task_is_the_same_after_a_way_as_json() -> None:
    form = TypeAdapter(CaseTask)
    assert form.validate_json(form.dump_json(TASK)) == TASK


@pytest.mark.parametrize("part", OTHERS)
def test_what_has_finished_is_not_taken_for_another_of_which_a_part_differs(
    tmp_path: Path, part: str
) -> None:
    finished = FinishedCases(tmp_path)
    finished.keep(TASK.key, RUN)
    assert finished.find(TASK.key) == RUN
    assert finished.find(replace(TASK, **OTHERS[part]).key) is None


def test_what_has_finished_under_another_version_of_the_contract_is_not_taken(
    tmp_path: Path,
) -> None:
    finished = FinishedCases(tmp_path)
    finished.keep(replace(TASK.key, contract_version=0), RUN)
    assert finished.find(TASK.key) is None


@pytest.mark.parametrize("what", [{"suite_root": Path("/elsewhere")}, {"suite": "renamed"}])
def test_where_a_suite_lies_and_what_it_is_called_make_no_other_run(what: dict[str, Any]) -> None:
    assert replace(TASK, **what).key == TASK.key
    assert replace(TASK, image=replace(IMAGE, reference="other:tag")).key == TASK.key


def test_a_file_that_is_cut_off_or_lies_under_anothers_name_is_not_taken(tmp_path: Path) -> None:
    finished = FinishedCases(tmp_path)
    finished.keep(TASK.key, RUN)
    (path,) = tmp_path.iterdir()
    other = replace(TASK, seed=2).key
    (tmp_path / f"{other.digest}.json").write_bytes(path.read_bytes())
    assert finished.find(other) is None
    path.write_bytes(path.read_bytes()[:-10])
    assert finished.find(TASK.key) is None


def test_a_task_is_staged_from_the_public_half_alone(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    task = replace(TASK, suite_root=suite.root, suite_digest=suite.digest)
    whole = stage_task(task, read_task_suite(suite.root, suite.digest))
    (suite.root / "private").rename(tmp_path / "away")
    read_task_suite.cache_clear()
    assert stage_task(task, read_task_suite(suite.root, suite.digest)) == whole
    blanked = stage_task(replace(task, input_change=BLANKED), suite)
    assert blanked.files != whole.files


def test_another_suite_in_its_place_is_refused(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    with pytest.raises(SuiteError, match="is there now, not sha256:other"):
        read_task_suite(suite.root, "sha256:other")

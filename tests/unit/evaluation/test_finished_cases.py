import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.contract.limits import Limits
from runner.errors import UsageError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.input_changes import SHUFFLED
from runner.sandbox.policy import SandboxPolicy
from tests.unit.evaluation.builder import IMAGE, RUN, TASK

LIMITS: dict[str, Any] = {**Limits().to_json()}


OTHERS: dict[str, dict[str, Any]] = {
    "image": {"image": replace(IMAGE, id="sha256:9")},
    "inputs": {"inputs_digest": "9"},
    "case": {"case": "case-2"},
    "seed": {"seed": 2},
    "input change": {"input_change": SHUFFLED},
    "runtime": {"policy": SandboxPolicy(runtime="runsc")},
    "gpus": {"policy": SandboxPolicy(Limits(gpus=1))},
    **{
        name: {"policy": SandboxPolicy(Limits(**{**LIMITS, name: LIMITS[name] + 1}))}
        for name in LIMITS
    },
}


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


def test_what_a_suite_and_an_image_are_called_make_no_other_run() -> None:
    assert replace(TASK, suite="renamed").key == TASK.key
    assert replace(TASK, suite_digest="sha256:9").key == TASK.key  # other actuals, same inputs
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


def test_what_is_no_folder_of_finished_cases_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / f"{TASK.key.digest}.json").mkdir()
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(UsageError, match=r"can't be read \(.*\)\. Remove it, or name another"):
            FinishedCases(place).find(TASK.key)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_users_finished_cases_are_refused_with_what_to_do(tmp_path: Path) -> None:
    finished = FinishedCases(tmp_path / "finished_cases")
    finished.keep(TASK.key, RUN)
    assert finished.find(TASK.key) == RUN  # control: its own user
    os.seteuid(65534)
    try:
        with pytest.raises(UsageError, match=r"another user's\. Name another place with --out"):
            finished.find(TASK.key)
    finally:
        os.seteuid(0)

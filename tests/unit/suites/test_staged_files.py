"""Each file below /input is described once, and the description is what is staged."""

from pathlib import Path
from typing import Any

import pytest

from runner.contract import layout
from runner.suites.revealed import Revealed
from runner.suites.staged_files import STAGED_FILES
from tests.suite_builder import shared_suite, stage

STATES = STAGED_FILES[layout.EVAL_SCENARIO_STATES]
SHOWN_BY = {
    "prompts": "scenario_state.request_states.request.",
    "completions": "scenario_state.request_states.result.completions",
    "references": "scenario_state.request_states.instance.references",
    "gold": "scenario_state.request_states.instance.extra_data.",
}


ASKED_FOR: dict[str, dict[str, Any]] = {
    layout.EVAL_INSTANCE_TARGETS: {"instance_targets": ["exact_match"]},
    layout.EVAL_PER_INSTANCE_STATS: {"revealed": {"instances": 2, "scores": True}},
}


@pytest.mark.parametrize("path", ASKED_FOR)
def test_what_is_staged_is_what_is_described_and_the_manifest(tmp_path: Path, path: str) -> None:
    suite = shared_suite(**ASKED_FOR[path])
    left_out = ASKED_FOR.keys() - {path}
    described = [name for name in STAGED_FILES if name not in left_out]
    assert list(stage(suite).files) == [layout.MANIFEST, *described]


def test_a_file_that_no_field_of_the_spec_asks_for_is_left_out(tmp_path: Path) -> None:
    suite = shared_suite()
    assert {path for path, file in STAGED_FILES.items() if file.asked_by} == ASKED_FOR.keys()
    assert ASKED_FOR.keys() == STAGED_FILES.keys() - stage(suite).files.keys()


def test_every_path_of_the_contracts_layout_is_described() -> None:
    values = [value for value in vars(layout).values() if isinstance(value, str)]
    assert {value for value in values if value.endswith(".parquet")} == STAGED_FILES.keys()


@pytest.mark.parametrize("field", SHOWN_BY)
def test_a_column_is_allowed_only_if_the_spec_reveals_it(field: str) -> None:
    assert SHOWN_BY[field] in STATES.allowed_columns(Revealed())
    assert SHOWN_BY[field] not in STATES.allowed_columns(Revealed.model_validate({field: False}))


def test_columns_that_name_a_revealed_instance_are_always_allowed() -> None:
    nothing = Revealed.model_validate(dict.fromkeys(SHOWN_BY, False))
    assert "scenario_state.request_states.instance.id" in STATES.allowed_columns(nothing)

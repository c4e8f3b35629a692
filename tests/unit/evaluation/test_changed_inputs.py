import hashlib
import io
import json

import polars as pl
import pytest

from runner.contract import layout
from runner.evaluation.changed_inputs import change_inputs
from runner.evaluation.changed_names import rename_actuals
from runner.evaluation.input_changes import BLANKED, SHUFFLED, make_repetition
from runner.suites.staging import StagedInputs
from runner.suites.suite import Suite
from tests.suite_builder import shared_suite, stage


@pytest.fixture(scope="module")
def suite() -> Suite:
    targets = [{"stat": "exact_match", "split": "test"}]
    return shared_suite(instance_targets=targets)


def frame(staged: StagedInputs, name: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(staged.files[name]))


def test_a_repeat_has_the_very_same_bytes(suite: Suite) -> None:
    assert change_inputs(stage(suite), make_repetition(1)).files == stage(suite).files


def test_shuffled_frames_have_the_same_rows_in_another_order(suite: Suite) -> None:
    staged = stage(suite)
    shuffled = change_inputs(staged, SHUFFLED)
    before, after = frame(staged, layout.TRAIN_STATS), frame(shuffled, layout.TRAIN_STATS)
    assert not before.equals(after)
    order = ["run_spec.name", "stats.name.name"]
    assert before.sort(order).equals(after.sort(order))
    assert change_inputs(staged, SHUFFLED).files == shuffled.files


def test_the_manifest_describes_the_changed_files(suite: Suite) -> None:
    shuffled = change_inputs(stage(suite), SHUFFLED)
    described = json.loads(shuffled.files[layout.MANIFEST])["files"][layout.TRAIN_STATS]
    assert described["sha256"] == hashlib.sha256(shuffled.files[layout.TRAIN_STATS]).hexdigest()


def test_nothing_is_revealed_of_the_eval_runs_when_blanked(suite: Suite) -> None:
    staged = stage(suite)
    blanked = change_inputs(staged, BLANKED)
    states = frame(blanked, layout.EVAL_SCENARIO_STATES)
    names = ["run_spec.name", "scenario_state.request_states.instance.id"]
    for column in set(states.columns) - set(names):
        kept = states[column].drop_nulls().unique().to_list()
        assert kept in ([], [""], [0], [False], [[]]), column
    assert frame(blanked, layout.EVAL_RUN_SPECS)["run_spec.adapter_spec.model"].to_list() == [""]
    assert states.schema == frame(staged, layout.EVAL_SCENARIO_STATES).schema
    assert blanked.files[layout.TRAIN_STATS] == staged.files[layout.TRAIN_STATS]


def test_blanked_inputs_name_runs_and_instances_otherwise_but_alike(suite: Suite) -> None:
    (case,) = suite.cases
    blanked = change_inputs(stage(suite), BLANKED)
    renamed = rename_actuals(suite.actuals(case))
    (target,) = renamed.stats
    assert target.run_spec_name != case.eval_runs[0].name
    for name in (layout.EVAL_RUN_SPECS, layout.EVAL_SCENARIO_STATES, layout.EVAL_TARGETS):
        assert set(frame(blanked, name)["run_spec.name"]) == {target.run_spec_name}
    targets = frame(blanked, layout.EVAL_INSTANCE_TARGETS)[layout.INSTANCE_ID].to_list()
    assert targets == [each.instance_id for each in renamed.instance_stats]
    states = frame(blanked, layout.EVAL_SCENARIO_STATES)
    assert set(states["scenario_state.request_states.instance.id"]) == set(targets)
    assert not set(targets) & {each.instance_id for each in suite.actuals(case).instance_stats}

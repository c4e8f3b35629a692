import hashlib
import io
import json

import polars as pl
import pytest

from runner.contract import layout
from runner.contract.stat import MetricName, Stat
from runner.evaluation.input_changes import BLANKED, SHUFFLED, make_repetition, rename_actuals
from runner.scores.stability import (
    CaseComparison,
    Repetition,
    Stability,
    compare_case,
    meets,
    summarize_probe,
    summarize_repetition,
)
from runner.suites.staging import StagedInputs
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build, stage

NAME = MetricName("predicted_exact_match", "test")


def stats(*means: float) -> list[Stat]:
    return [Stat(NAME, count=1, mean=mean) for mean in means]


def compared(*means: float, files: bytes = b"same") -> CaseComparison:
    """Return the comparison with a first run that predicted 0.5 and 0.7."""
    return compare_case({"f": b"same"}, {"f": files}, stats(0.5, 0.7), stats(*means), 1e-6)


def stability_of(comparison: CaseComparison) -> Stability:
    return summarize_repetition("repeat-1", [comparison], 0.2, 0.1).stability


def test_the_same_bytes_are_byte_equal() -> None:
    assert stability_of(compared(0.5, 0.7)) is Stability.BYTE_EQUAL


def test_the_same_values_in_other_bytes_are_within_tolerance() -> None:
    assert stability_of(compared(0.5 + 1e-9, 0.7, files=b"other")) is Stability.WITHIN_TOLERANCE


def test_a_value_beyond_the_tolerance_is_unstable_and_named() -> None:
    found = compared(0.5, 0.9, files=b"other")
    assert stability_of(found) is Stability.UNSTABLE
    assert (found.targets, found.changed) == (2, 1)
    assert found.largest_difference == pytest.approx(0.2)
    assert found.examples == ("predicted_exact_match split=test",)


def test_another_outcome_is_unstable() -> None:
    found = compared()
    assert found.outcome_changed
    assert stability_of(found) is Stability.UNSTABLE


def test_the_effect_on_the_score_is_told() -> None:
    found = summarize_repetition("shuffled", [compared(0.5, 0.9)], 0.2, 0.15)
    assert found.score_change == pytest.approx(0.05)


def test_predictions_that_do_not_change_do_not_look_at_their_input() -> None:
    assert not summarize_probe([compared(0.5, 0.7, files=b"other")]).looks_at_input
    assert summarize_probe([compared(0.5, 0.8, files=b"other")]).looks_at_input


def repetition(stability: Stability) -> Repetition:
    return Repetition("repeat-1", stability, 2, 0, 0.0, (), 0, 0.1, 0.0)


@pytest.mark.parametrize(
    ("required", "found", "is_met"),
    [
        ("not_required", None, True),
        ("within_tolerance", None, False),
        ("within_tolerance", Stability.WITHIN_TOLERANCE, True),
        ("within_tolerance", Stability.UNSTABLE, False),
        ("byte_equal", Stability.WITHIN_TOLERANCE, False),
        ("byte_equal", Stability.BYTE_EQUAL, True),
    ],
)
def test_a_suite_may_require_determinism(
    required: str, found: Stability | None, is_met: bool
) -> None:
    repetitions = [] if found is None else [repetition(found)]
    assert (meets(required, repetitions) is None) == is_met


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    root = tmp_path_factory.mktemp("suite")
    targets = [{"stat": "exact_match", "split": "test"}]
    return build(write_suite(root), root / "suite", instance_targets=targets)


def frame(staged: StagedInputs, name: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(staged.files[name]))


def test_a_repeat_has_the_very_same_bytes(suite: Suite) -> None:
    assert make_repetition(1).apply(stage(suite)).files == stage(suite).files


def test_shuffled_frames_have_the_same_rows_in_another_order(suite: Suite) -> None:
    staged = stage(suite)
    shuffled = SHUFFLED.apply(staged)
    before, after = frame(staged, layout.TRAIN_STATS), frame(shuffled, layout.TRAIN_STATS)
    assert not before.equals(after)
    order = ["run_spec.name", "stats.name.name"]
    assert before.sort(order).equals(after.sort(order))
    assert SHUFFLED.apply(staged).files == shuffled.files


def test_the_manifest_describes_the_changed_files(suite: Suite) -> None:
    shuffled = SHUFFLED.apply(stage(suite))
    described = json.loads(shuffled.files[layout.MANIFEST])["files"][layout.TRAIN_STATS]
    assert described["sha256"] == hashlib.sha256(shuffled.files[layout.TRAIN_STATS]).hexdigest()


def test_nothing_is_revealed_of_the_eval_runs_when_blanked(suite: Suite) -> None:
    staged = stage(suite)
    blanked = BLANKED.apply(staged)
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
    blanked = BLANKED.apply(stage(suite))
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

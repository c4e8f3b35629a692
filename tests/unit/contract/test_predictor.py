import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from runner.contract import Case, InstanceTarget, MetricName, Predictor, Stat
from runner.contract.__main__ import load_predictor
from runner.contract.predictor import (
    instance_predictions_to_json,
    predictions_to_json,
    run_predictor,
)
from runner.output.predictions import read_instance_predictions
from runner.suites.staging import StagedInputs, stage_inputs
from tests.loaded_modules import loaded_by
from tests.suite_builder import parquet_bytes, shared_suite


@pytest.fixture(scope="module")
def staged() -> StagedInputs:
    suite = shared_suite()
    return stage_inputs(suite.inputs(suite.cases[0]), seed=7, limits={"cpus": 1})


@pytest.fixture
def input_dir(staged: StagedInputs, tmp_path: Path) -> Path:
    for name, content in staged.files.items():
        path = tmp_path / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "input"


class Recorder(Predictor):
    """Predicts 0.5 for every target and keeps what it was given."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        self.shapes = [
            len(train_run_specs_df),
            len(train_scenario_states_df),
            len(train_stats_df),
            len(eval_run_specs_df),
            len(eval_scenario_states_df),
        ]
        return {
            target.run_spec_name: [target.predicted(np.float64(0.5))]
            for target in self.case.targets
        }


def test_a_predictor_is_given_the_five_frames_and_the_case(input_dir: Path) -> None:
    recorder = Recorder()
    run_predictor(recorder, input_dir, input_dir.parent)
    assert recorder.shapes == [3, 12, 6, 1, 2]
    assert recorder.case.manifest.seed == 7
    assert recorder.case.manifest.revealed["instances"] == 2
    assert len(recorder.case.train_per_instance_stats_df) == 12
    assert list(recorder.case.targets_df["stats.name.name"]) == ["exact_match"]


def test_the_output_is_the_contracts_document(input_dir: Path) -> None:
    run_predictor(Recorder(), input_dir, input_dir.parent)
    document = json.loads((input_dir.parent / "predictions.json").read_text())
    assert document["contract_version"] == 1
    (stats,) = document["predictions"].values()
    assert stats[0]["name"] == {"name": "predicted_exact_match", "split": "test"}
    assert stats[0]["mean"] == 0.5


def test_nothing_is_left_when_writing_fails(input_dir: Path) -> None:
    output_dir = input_dir.parent / "absent"
    with pytest.raises(OSError, match="absent"):
        run_predictor(Recorder(), input_dir, output_dir)
    assert not output_dir.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float64("nan")])
def test_a_number_that_is_none_is_refused_with_its_place(value: float) -> None:
    predictions = {"run": [Stat(MetricName("predicted_exact_match"), mean=value)]}
    with pytest.raises(ValueError, match=r"run run, stat predicted_exact_match: mean"):
        predictions_to_json(predictions)


def test_a_long_value_that_is_wrong_is_named_by_its_kind() -> None:
    with pytest.raises(TypeError, match=r"of lists of Stat, not a list$"):
        predictions_to_json([0.5] * 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("predictions", [None, [0.5], {"run": [0.5]}, {"run": [Stat("name")]}])  # type: ignore[arg-type]
def test_what_is_no_dict_of_stats_is_refused(predictions: dict[str, list[Stat]]) -> None:
    with pytest.raises(TypeError, match=r"predict\(\) must return"):
        predictions_to_json(predictions)


@pytest.mark.parametrize("stats", [Stat(MetricName("predicted_a"), mean=0.5), None, "a", 0.5])
def test_what_is_no_list_of_a_run_says_what_to_return(stats: object) -> None:
    with pytest.raises(TypeError, match=r"run r: predict\(\) must return a list of Stat.*\[stat\]"):
        predictions_to_json({"r": stats})  # type: ignore[dict-item]


def test_control_a_list_and_a_tuple_of_stats_are_written() -> None:
    stat = Stat(MetricName("predicted_a"), mean=0.5)
    for stats in ([stat], (stat,)):
        assert '"predicted_a"' in predictions_to_json({"r": stats})  # type: ignore[dict-item]


def test_values_from_frames_are_written_as_plain_json() -> None:
    name = MetricName("predicted_a", perturbation={"robustness": np.bool_(True)})
    stat = Stat(name, count=np.int64(1), mean=np.float32(0.5))  # type: ignore[arg-type]
    written = json.loads(predictions_to_json({"run": [stat]}))["predictions"]["run"][0]
    assert written["name"]["perturbation"] == {"robustness": True}
    assert (written["count"], written["mean"]) == (1, 0.5)


class InstanceRecorder(Recorder):
    """Predicts 0.25 for every instance target as well."""

    def predict_instances(self, *frames: pd.DataFrame) -> dict[InstanceTarget, Stat]:
        assert [len(frame) for frame in frames] == self.shapes
        return {target: target.predicted(0.25) for target in self.case.instance_targets}


@pytest.fixture
def instance_input_dir(input_dir: Path) -> Path:
    """Return the case with three instance targets, two of them of one instance."""
    frame = pl.DataFrame(
        {
            "run_spec.name": ["run"] * 3,
            "per_instance_stats.instance_id": ["id1", "id1", "id2"],
            "per_instance_stats.train_trial_index": [0, 0, 0],
            "per_instance_stats.stats.name.name": ["exact_match", "f1", "f1"],
        }
    )
    (input_dir / "eval" / "instance_targets.parquet").write_bytes(parquet_bytes(frame))
    return input_dir


def test_instances_are_predicted_when_the_case_asks_for_them(instance_input_dir: Path) -> None:
    recorder = InstanceRecorder()
    run_predictor(recorder, instance_input_dir, instance_input_dir.parent)
    written = (instance_input_dir.parent / "instance_predictions.json").read_bytes()
    (entries,) = json.loads(written)["predictions"].values()
    assert [(entry["instance_id"], len(entry["stats"])) for entry in entries] == [
        ("id1", 2),
        ("id2", 1),
    ]
    read = read_instance_predictions(written, recorder.case.instance_targets)
    assert [stat.mean for stat in read.stats.values()] == [0.25] * 3


def test_instances_are_not_predicted_when_the_case_does_not_ask(input_dir: Path) -> None:
    run_predictor(InstanceRecorder(), input_dir, input_dir.parent)
    assert not (input_dir.parent / "instance_predictions.json").exists()


def test_a_predictor_without_instances_is_told_before_it_works(instance_input_dir: Path) -> None:
    recorder = Recorder()
    with pytest.raises(NotImplementedError, match="asks for 3 per-instance predictions: write Rec"):
        run_predictor(recorder, instance_input_dir, instance_input_dir.parent)
    assert not hasattr(recorder, "shapes")


@pytest.mark.parametrize("predictions", [None, [0.5], {"run": [0.5]}])
def test_what_is_no_dict_of_instance_targets_is_refused(predictions: object) -> None:
    with pytest.raises(TypeError, match=r"predict_instances\(\) must return"):
        instance_predictions_to_json(predictions)  # type: ignore[arg-type]


def test_assets_are_found_below_the_inputs(input_dir: Path) -> None:
    (input_dir / "assets").mkdir()
    (input_dir / "assets" / "weights.bin").write_bytes(b"1")
    assert (Case(input_dir).assets_dir / "weights.bin").read_bytes() == b"1"


def write_predictor(path: Path, classes: str) -> Path:
    path.write_text(f"from runner.contract import Predictor\n{classes}", encoding="utf-8")
    return path


def test_the_one_subclass_in_a_file_is_found_and_the_imported_one_is_not(tmp_path: Path) -> None:
    body = "class Mine(Predictor):\n    def predict(self, *frames): return {}\n"
    found = load_predictor(str(write_predictor(tmp_path / "one.py", body)))
    assert type(found).__name__ == "Mine"


@pytest.mark.parametrize(
    ("classes", "said"),
    [("", "found none"), ("class A(Predictor): ...\nclass B(Predictor): ...", "found A, B")],
)
def test_a_file_without_exactly_one_predictor_is_refused(
    tmp_path: Path, classes: str, said: str
) -> None:
    with pytest.raises(SystemExit, match=said):
        load_predictor(str(write_predictor(tmp_path / "other.py", classes)))


def test_a_missing_predictor_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"nothing\.py: no such Python file"):
        load_predictor(str(tmp_path / "nothing.py"))


@pytest.mark.parametrize("module", ["docker", "helm", "click", "polars", "pydantic", "pandas"])
def test_importing_the_contract_loads_nothing_heavy(module: str) -> None:
    assert module not in loaded_by("import runner.contract")


def test_control_the_import_check_sees_a_module_that_is_loaded() -> None:
    assert "json" in loaded_by("import runner.contract")

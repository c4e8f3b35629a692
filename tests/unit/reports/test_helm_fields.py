"""A report in which a field of HELM's was given another type is refused where it is read."""

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.errors import SuiteError
from runner.reports.records import report_records
from runner.reports.report import Report, read_report
from runner.reports.report_directory import write_evaluation
from runner.reports.scored_report import parse_scored
from tests.unit.reports.builder import evaluation

CHANGES: dict[str, Callable[[Any, Any, Any], object]] = {
    "a model": lambda spec, _, value: spec.update({"run_spec.adapter_spec.model": value}),
    "a deployment": lambda spec, _, value: spec.update(
        {"run_spec.adapter_spec.model_deployment": value}
    ),
    "a scenario": lambda spec, _, value: spec.update({"run_spec.scenario_spec.class_name": value}),
    "a stat's name": lambda _, target, value: target["name"].update(name=value),
    "a split": lambda _, target, value: target["name"].update(split=value),
    "a perturbation": lambda _, target, value: target["name"].update(perturbation=value),
    "a perturbation's part": lambda _, target, value: target["name"].update(
        perturbation={"name": "typos", "computed_on": value}
    ),
    "an actual": lambda _, target, value: target["actual"].update(mean=value),
    "a prediction": lambda _, target, value: target["predicted"].update(mean=value),
    "a stddev": lambda _, target, value: target["predicted"].update(stddev=value),
}


def edit(directory: Path, change: Callable[[Any, Any], object]) -> None:
    """Write a report and change it: the columns of its run, and its target."""
    write_evaluation(evaluation(), directory)
    path = directory / "report.json"
    document = json.loads(path.read_text())
    change(document["eval_run_specs"]["b"], document["cases"][0]["targets"][0])
    path.write_text(json.dumps(document, indent=2))  # as it is written


def put(side: str, fields: Any, _: Any, target: Any) -> None:
    target.update({side: fields})


def read_scored(directory: Path) -> Report:
    path = directory / "report.json"
    return parse_scored(path, path.read_bytes())


READERS = pytest.mark.parametrize("read", [read_report, read_scored])
Read = Callable[[Path], Report]


def apply(change: str, value: Any, spec: Any, target: Any) -> None:
    CHANGES[change](spec, target, value)


@READERS
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("value", [True, [1], {"a": 1}])
def test_a_field_of_another_type_is_refused(
    tmp_path: Path, change: Callable[[Any, Any, Any], object], value: Any, read: Read
) -> None:
    if change is CHANGES["a perturbation"] and value == {"a": 1}:
        value = 5
    edit(tmp_path / "image", lambda spec, target: change(spec, target, value))
    with pytest.raises(SuiteError, match=r"report\.json: not a report of schema version 2"):
        read(tmp_path / "image")


@READERS
@pytest.mark.parametrize("side", ["actual", "predicted"])
def test_a_stat_without_a_mean_or_with_a_huge_one_is_refused(
    tmp_path: Path, side: str, read: Read
) -> None:
    odd = (None, 10**400, -(2**63), "0.5", math.nan, math.inf)
    for fields in ({}, *({"mean": mean} for mean in odd)):
        edit(tmp_path / "image", partial(put, side, fields))
        with pytest.raises(SuiteError, match="not a report of schema version 2"):
            read(tmp_path / "image")


@READERS
@pytest.mark.parametrize(
    "fields", [{"instances": 2**63}, {"train_trial_index": -(2**63)}, {"baseline": math.nan}]
)
def test_a_number_that_no_frame_or_json_holds_is_refused(
    tmp_path: Path, fields: Mapping[str, Any], read: Read
) -> None:
    edit(tmp_path / "image", lambda _, target: target.update(fields))
    with pytest.raises(SuiteError, match="not a report of schema version 2"):
        read(tmp_path / "image")


def test_it_is_left_out_of_a_leaderboard(tmp_path: Path) -> None:
    edit(tmp_path / "image", lambda spec, _: CHANGES["a model"](spec, None, True))
    with pytest.raises(SuiteError):
        runner.rank_reports(tmp_path)


@READERS
@pytest.mark.parametrize("change", ["a model", "a scenario", "a split"])
def test_control_another_text_or_none_is_read(tmp_path: Path, change: str, read: Read) -> None:
    for value in ("text", None):
        edit(tmp_path / "image", partial(apply, change, value))
        assert report_records(read(tmp_path / "image")).height == 1


def test_control_other_columns_may_have_any_type(tmp_path: Path) -> None:
    edit(tmp_path / "image", lambda spec, _: spec.update({"run_spec.groups": [1, True]}))
    found = report_records(read_report(tmp_path / "image"))
    assert found["run_spec.groups"].to_list() == ["[1, true]"]


@READERS
@pytest.mark.parametrize("mean", [0, 1, 0.5, 2**63 - 1, 1e150])
def test_control_whole_numbers_are_means_too(tmp_path: Path, mean: float, read: Read) -> None:
    edit(tmp_path / "image", lambda _, target: target["actual"].update(mean=mean))
    assert report_records(read(tmp_path / "image"))["actual_mean"].to_list() == [float(mean)]

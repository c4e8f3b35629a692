import json
from pathlib import Path
from typing import Any

import pytest
from helm.benchmark.augmentations.perturbation_description import PerturbationDescription
from helm.benchmark.metrics.metric_name import MetricName
from helm.benchmark.metrics.statistic import Stat

from runner.errors import UsageError
from runner.helm_outputs.runs import RUN_SPEC, STATS
from runner.reports.helm_export import run_directory_name, write_helm_runs
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import run_files, stat, write_run
from tests.suite_builder import build_unaudited, shared_suite
from tests.unit.reports.builder import make_report

TYPOS = {"name": "typos", "robustness": True, "fairness": False, "computed_on": "perturbed"}


def helms_stat(document: dict[str, Any]) -> Stat:
    """Return HELM's own Stat of a stat in stats.json."""
    name = dict(document["name"])
    perturbation = name.pop("perturbation", None)
    if perturbation is not None:
        name["perturbation"] = PerturbationDescription(**perturbation)
    return Stat(**{**document, "name": MetricName(**name)})


def test_helms_own_classes_read_the_predicted_stats(tmp_path: Path) -> None:
    source = tmp_path / "benchmark_output" / "runs" / "v1"
    for number in range(2):
        stats = [stat("exact_match", 0.5), stat("exact_match", 0.25, perturbation=TYPOS)]
        write_run(source, f"demo:n={number}", run_files(f"demo:n={number}", stats=stats))
    suite = build_unaudited(
        source, tmp_path / "suite", division={"method": "sampled", "train_runs": 1}
    )
    report = evaluate_function(suite, off_by(0.125)).report
    (run,) = write_helm_runs(report, tmp_path / "out")
    plain, perturbed = map(helms_stat, json.loads((run / STATS).read_text()))
    expected = Stat(MetricName("predicted_exact_match", "test")).add(0.625)
    assert (plain.name, plain.mean, plain.sum, plain.count) == (expected.name, 0.625, 0.625, 1)
    assert perturbed.name.perturbation == PerturbationDescription(**TYPOS)  # type: ignore[arg-type]
    assert perturbed.mean == 0.375


def test_the_run_spec_is_what_is_revealed_nested_as_helm_has_it(tmp_path: Path) -> None:
    suite = shared_suite()
    (run,) = write_helm_runs(evaluate_function(suite, off_by(0)).report, tmp_path / "out")
    spec = json.loads((run / RUN_SPEC).read_text())
    assert spec["adapter_spec"]["model"] == "demo/model"
    assert spec["metric_specs"] == [{"class_name": "demo.Metric", "args": {}}]
    name = spec["name"]
    assert run == tmp_path / "out/runs/v1" / name.replace("/", "_")
    assert spec["scenario_spec"] == {"class_name": "demo.Scenario", "args": {"of": name}}


def test_instances_are_grouped_by_perturbation_and_trial(tmp_path: Path) -> None:
    targets = [{"stat": "exact_match", "split": "test"}]
    suite = shared_suite(instance_targets=targets)
    (run,) = write_helm_runs(evaluate_function(suite, off_by(0)).report, tmp_path / "out")
    entries = json.loads((run / "per_instance_stats.json").read_text())
    assert len(entries) == 2
    assert {entry["train_trial_index"] for entry in entries} == {0}
    assert helms_stat(entries[0]["stats"][0]).name == MetricName("predicted_exact_match", "test")


def test_a_run_with_a_name_that_no_file_system_takes_is_refused(tmp_path: Path) -> None:
    report = make_report()
    (case,) = report.cases
    target = case.targets[0].model_copy(update={"run_spec_name": "a" * 300})
    long = case.model_copy(update={"targets": (target,)})
    with pytest.raises(UsageError, match=r"can't be written .File name too long"):
        write_helm_runs(report.model_copy(update={"cases": (long,)}), tmp_path)
    assert write_helm_runs(report, tmp_path)  # control


def test_files_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    suite = shared_suite()
    report = evaluate_function(suite, off_by(0)).report
    write_helm_runs(report, tmp_path / "out")
    with pytest.raises(UsageError, match="is there already"):
        write_helm_runs(report, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "directory"),
    [("mmlu:model=a/b", "mmlu:model=a_b"), ("../../etc", ".._.._etc"), ("..", "_..")],
)
def test_a_run_is_written_below_its_directory(name: str, directory: str) -> None:
    assert run_directory_name(name) == directory

from pathlib import Path
from typing import Any

import pytest

from runner.contract import MetricName, Target
from runner.errors import SuiteError
from runner.splits import SampledDivision
from runner.suite import Suite, sample_suite
from tests.helm_builder import Json, run_files, stat, write_run, write_suite

DIVISION = SampledDivision(train_runs=3, eval_samples=2, seed=1)
TYPOS = {"name": "typos", "robustness": True, "fairness": False, "computed_on": "worst"}


def suite_with_stats(root: Path, stats: list[Json], target: str = "exact_match") -> Suite:
    for number in range(4):
        name = f"a:x={number}"
        write_run(root, name, run_files(name, stats=stats))
    return sample_suite("v1", root, DIVISION, [target])


def test_a_case_has_the_train_runs_whole_and_one_eval_run(tmp_path: Path) -> None:
    case = sample_suite("v1", write_suite(tmp_path), DIVISION, ["exact_match"]).cases[0]
    assert len(case.train_runs) == 3
    assert set(case.train_runs).isdisjoint(case.eval_runs)
    assert case.inputs.train.stats.height == 6
    assert set(case.inputs.train.run_specs["run_spec.name"]) == set(case.train_runs)
    assert case.inputs.eval_scenario_states.height == 2


def test_every_split_and_perturbation_of_a_stat_is_a_target(tmp_path: Path) -> None:
    stats = [
        stat("exact_match", 0.5),
        stat("exact_match", 0.25, split="valid"),
        stat("exact_match", 0.125, perturbation={**TYPOS, "prob": 0.5}),
        stat("num_references", 2.0, perturbation={"name": "other", "seed": 3}),
    ]
    case = suite_with_stats(tmp_path, stats).cases[0]
    run = case.eval_runs[0]
    assert {target: actual.mean for target, actual in case.actuals.stats.items()} == {
        Target(run, MetricName("exact_match", "test")): 0.5,
        Target(run, MetricName("exact_match", "valid")): 0.25,
        Target(run, MetricName("exact_match", "test", None, {**TYPOS, "prob": 0.5})): 0.125,
    }
    assert "stats.name.perturbation.prob" in case.inputs.targets.columns
    assert "stats.name.perturbation.seed" not in case.inputs.targets.columns


def test_targets_have_keys_only(tmp_path: Path) -> None:
    case = suite_with_stats(tmp_path, [stat("exact_match", 0.5)]).cases[0]
    allowed = ("run_spec.name", "stats.name.")
    assert all(column.startswith(allowed) for column in case.inputs.targets.columns)


def test_a_stat_that_was_never_computed_is_no_target(tmp_path: Path) -> None:
    empty = {"name": {"name": "exact_match", "split": "valid"}, "count": 0, "sum": 0}
    case = suite_with_stats(tmp_path, [stat("exact_match", 0.5), empty]).cases[0]
    assert [target.name.split for target in case.actuals.stats] == ["test"]


def test_a_stat_that_the_run_lacks_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no stat 'f1'\. It has: exact_match"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5)], target="f1")


def test_a_stat_without_any_mean_is_refused(tmp_path: Path) -> None:
    stats = [{"name": {"name": "exact_match"}, "count": 0}, stat("other", 1.0)]
    with pytest.raises(SuiteError, match=r"exact_match has no mean in this run"):
        suite_with_stats(tmp_path, stats)


def test_a_stat_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"has exact_match split=test twice"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5), stat("exact_match", 0.25)])


def test_an_organizer_is_warned_when_every_instance_is_revealed(tmp_path: Path) -> None:
    source = write_suite(tmp_path)
    all_four = SampledDivision(eval_samples=4)
    assert "all 4 instances" in sample_suite("v1", source, all_four, ["exact_match"]).warnings[0]
    assert sample_suite("v1", source, DIVISION, ["exact_match"]).warnings == ()


def test_an_organizer_is_warned_of_a_train_run_with_the_same_scenario_and_model(
    tmp_path: Path,
) -> None:
    for number in range(4):
        name = f"a:x={number}"
        files = run_files(name)
        files["run_spec.json"]["scenario_spec"]["args"] = {"of": "all"}
        write_run(tmp_path, name, files)
    (warning,) = sample_suite("v1", tmp_path, DIVISION, ["exact_match"]).warnings
    assert "3 train runs have its scenario and its model, e.g. a:x=" in warning


def test_a_perturbation_with_an_object_keeps_helms_form(tmp_path: Path) -> None:
    person = {"name": "person", "source_class": {"race": "white"}, "prob": 1}
    case = suite_with_stats(tmp_path, [stat("exact_match", 0.5, perturbation=person)]).cases[0]
    (target,) = case.actuals.stats
    assert target.name.perturbation == person
    assert target.name.to_json()["perturbation"]["source_class"] == {"race": "white"}


@pytest.mark.parametrize("mean", ["high", [1], 1e300])
def test_a_mean_that_cannot_be_scored_is_refused(tmp_path: Path, mean: Any) -> None:
    with pytest.raises(SuiteError, match="a mean that is no number"):
        suite_with_stats(tmp_path, [{**stat("exact_match", 0.5), "mean": mean}])


def test_a_name_of_another_form_is_refused(tmp_path: Path) -> None:
    odd = {"name": "typos", "robustness": "yes", "fairness": [1]}
    with pytest.raises(SuiteError, match="not what HELM writes"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5, perturbation=odd)])


def test_no_instance_need_be_revealed(tmp_path: Path) -> None:
    division = SampledDivision(eval_samples=0)
    case = sample_suite("v1", write_suite(tmp_path), division, ["exact_match"]).cases[0]
    assert case.inputs.eval_scenario_states.height == 0


def test_the_digest_follows_the_data_and_the_choices_and_nothing_else(tmp_path: Path) -> None:
    source = write_suite(tmp_path / "a")
    digest = sample_suite("v1", source, DIVISION, ["exact_match"]).digest
    again = sample_suite("other", write_suite(tmp_path / "b"), DIVISION, ["exact_match"])
    assert again.digest == digest
    other_seed = sample_suite("v1", source, SampledDivision(3, 2, 2), ["exact_match"])
    other_target = sample_suite("v1", source, DIVISION, ["num_references"])
    path = next(source.glob(f"*{again.cases[0].eval_runs[0][12:13]}*")) / "stats.json"
    path.write_text(path.read_text() + " ")
    other_bytes = sample_suite("v1", source, DIVISION, ["exact_match"])
    digests = {digest, other_seed.digest, other_target.digest, other_bytes.digest}
    assert len(digests) == 4

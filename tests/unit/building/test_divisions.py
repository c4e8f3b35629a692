import random
from typing import Any

import pytest

from runner.building.divisions import CasePlan, divide, draw_sampled, match_explicit
from runner.errors import SuiteError
from runner.suites.division_spec import Explicit, KFold, LeaveOneOut, Sampled
from runner.suites.groups import RunIdentity, find_sweeps, identify_run, merge_overlapping
from runner.suites.reveal import draw_instances

NAMES = [f"run{number}" for number in range(10)]
GRID = {
    f"{scenario}{model}": RunIdentity(scenario, model, model)
    for scenario in ("s", "t")
    for model in ("A", "B", "C")
}
"""Runs of two scenarios by three models, named by both."""


def rng() -> random.Random:
    return random.Random(1)


def explicit(*cases: dict[str, Any]) -> Explicit:
    return Explicit.model_validate({"method": "explicit", "cases": cases})


def test_the_sampled_draw_is_magnets_own() -> None:
    """Worked with random.Random(1).sample(range(10), 4), which is how MAGNET 0.1.0 draws.

    It gives 2, 1, 4, 0; MAGNET then takes the train runs in the order in which it found them.
    """
    drawn = draw_sampled(NAMES, Sampled(train_runs=3), rng())
    assert drawn == CasePlan("case-1", ("run1", "run2", "run4"), ("run0",))


def test_instances_are_drawn_after_the_runs_from_the_same_generator() -> None:
    generator = rng()
    generator.sample(range(10), 4)
    expected = tuple(f"id{position}" for position in generator.sample(range(5), 2))
    generator = rng()
    draw_sampled(NAMES, Sampled(), generator)
    assert draw_instances([f"id{position}" for position in range(5)], 2, generator) == expected


def test_another_seed_gives_another_draw() -> None:
    draws = {draw_sampled(NAMES, Sampled(), random.Random(seed)) for seed in range(5)}
    assert len(draws) == 5


def test_an_instance_with_several_requests_is_drawn_once() -> None:
    assert sorted(draw_instances(["a", "b", "a", "b"], 2, rng())) == ["a", "b"]


def test_too_few_instances_are_all_revealed() -> None:
    assert len(draw_instances(["a", "b"], 20, rng())) == 2


def test_too_few_runs_are_refused_with_the_numbers() -> None:
    with pytest.raises(SuiteError, match="3 runs found, but 3 train runs and one eval run need 4"):
        draw_sampled(NAMES[:3], Sampled(train_runs=3), rng())


def test_leave_one_model_out_evaluates_each_model_on_what_the_others_show() -> None:
    plans = divide(GRID, LeaveOneOut(method="leave_one_out", by="model"), [], rng())
    assert plans[0] == CasePlan("case-1", ("sB", "sC", "tB", "tC"), ("sA", "tA"))
    assert [plan.eval for plan in plans] == [("sA", "tA"), ("sB", "tB"), ("sC", "tC")]


@pytest.mark.parametrize(
    ("by", "cases"), [("run", 6), ("scenario", 2), ("model_deployment", 3), ("scenario_model", 6)]
)
def test_every_run_is_evaluated_once_whatever_it_is_divided_by(by: Any, cases: int) -> None:
    plans = divide(GRID, LeaveOneOut(method="leave_one_out", by=by), [], rng())
    assert len(plans) == cases
    assert sorted(name for plan in plans for name in plan.eval) == sorted(GRID)
    for plan in plans:
        assert set(plan.train) == set(GRID) - set(plan.eval)


def test_folds_are_drawn_by_the_seed_and_of_about_the_same_size() -> None:
    division = KFold(method="k_fold", folds=3)
    plans = divide(GRID, division, [], rng())
    assert [len(plan.eval) for plan in plans] == [2, 2, 2]
    assert plans == divide(GRID, division, [], rng())
    assert plans != divide(GRID, division, [], random.Random(2))


def test_a_group_is_evaluated_together() -> None:
    division = LeaveOneOut(method="leave_one_out", by="run")
    plans = divide(GRID, division, [("sA", "tB"), ("tB", "tC")], rng())
    assert plans[0].eval == ("sA", "tB", "tC")
    assert len(plans) == 4


def test_parts_that_share_a_group_are_one_and_too_few_are_refused() -> None:
    division = LeaveOneOut(method="leave_one_out", by="scenario")
    with pytest.raises(SuiteError, match="only one part of the 6 runs"):
        divide(GRID, division, [("sA", "tA")], rng())
    with pytest.raises(SuiteError, match=r"6 parts .* fewer than the 7 folds"):
        divide(GRID, KFold(method="k_fold", folds=7), [], rng())


def test_explicit_cases_take_names_and_patterns() -> None:
    (plan,) = match_explicit(list(GRID), explicit({"train": ["s*"], "eval": ["tA", "t[B]"]}))
    assert plan == CasePlan("case-1", ("sA", "sB", "sC"), ("tA", "tB"))


def test_an_explicit_run_on_both_sides_or_nowhere_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"cases\.1: sA stands in train and in eval"):
        match_explicit(list(GRID), explicit({"train": ["s*"], "eval": ["*A"]}))
    with pytest.raises(SuiteError, match=r"cases\.1: 'u\*' matches none of the runs"):
        match_explicit(list(GRID), explicit({"train": ["s*"], "eval": ["u*"]}))


def test_a_sweep_is_the_runs_of_one_scenario_and_deployment() -> None:
    runs = {"a": GRID["sA"], "b": GRID["sA"], "c": GRID["sB"]}
    assert find_sweeps(runs) == [["a", "b"]]
    assert find_sweeps(GRID) == []


def test_a_runs_identity_is_its_scenario_with_arguments_its_model_and_its_deployment() -> None:
    spec = {
        "scenario_spec": {"class_name": "helm.x.MMLUScenario", "args": {"subject": "law"}},
        "adapter_spec": {"model": "meta/llama", "model_deployment": "groq/llama"},
    }
    expected = RunIdentity("MMLUScenario(subject=law)", "meta/llama", "groq/llama")
    assert identify_run(spec) == expected


def test_in_outputs_of_2022_the_model_is_the_deployment() -> None:
    spec = {"scenario_spec": {"class_name": "Boolq"}, "adapter_spec": {"model": "openai/davinci"}}
    assert identify_run(spec) == RunIdentity("Boolq()", "openai/davinci", "openai/davinci")


def test_overlapping_groups_become_one_in_the_order_of_their_first_names() -> None:
    merged = merge_overlapping([["d", "b"], ["a"], ["c", "d"]], ["a", "b", "c", "d"])
    assert merged == [{"a"}, {"b", "c", "d"}]

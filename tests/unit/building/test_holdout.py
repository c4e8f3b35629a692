import random
from typing import Any

import pytest

from runner.building.holdout import hold_out
from runner.errors import SuiteError
from runner.suites.division_spec import Holdout
from runner.suites.groups import RunIdentity
from tests.unit.building.test_divisions import GRID

LARGE = {
    f"{scenario}{model}": RunIdentity(scenario, model, model)
    for scenario in "stuv"
    for model in "ABCDE"
}
"""Runs of four scenarios by five models, named by both."""


def divided(runs: dict[str, RunIdentity], seed: int = 1, groups: Any = (), **fields: Any) -> Any:
    division = Holdout.model_validate({"method": "holdout", **fields})
    return hold_out(runs, division, groups, random.Random(seed))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("by", ["run", "scenario", "model", "scenario_model"])
def test_all_cases_train_on_the_same_runs_and_evaluate_each_other_run_once(
    seed: int, by: str
) -> None:
    plans = divided(LARGE, seed, by=by, share=0.5, cases=2)
    assert [plan.train for plan in plans] == [plans[0].train] * 2
    evaluated = [name for plan in plans for name in plan.eval]
    assert sorted([*plans[0].train, *evaluated]) == sorted(LARGE)
    assert all(plan.eval for plan in plans)


def test_no_train_run_has_what_is_held_out() -> None:
    (plan,) = divided(LARGE, by="model", share=0.4)
    assert len({name[1] for name in plan.eval}) == 2
    assert {name[1] for name in plan.train}.isdisjoint(name[1] for name in plan.eval)


def test_runs_with_one_of_both_factors_held_out_are_in_no_case() -> None:
    (plan,) = divided(LARGE, by="scenario_and_model", share=0.5)
    for position in (0, 1):
        assert {n[position] for n in plan.train}.isdisjoint(n[position] for n in plan.eval)
    assert (len(plan.train), len(plan.eval)) == (2 * 3, 2 * 2)


@pytest.mark.parametrize("seed", range(8))
def test_a_group_is_on_one_side_and_in_one_case(seed: int) -> None:
    plans = divided(LARGE, seed, [["sA", "tB", "uC"]], by="run", share=0.6, cases=3)
    sides = [plans[0].train, *(plan.eval for plan in plans)]
    assert [len({"sA", "tB", "uC"} & set(side)) for side in sides].count(3) == 1


def test_control_without_the_group_its_runs_are_parted() -> None:
    plans = [divided(LARGE, seed, by="run", share=0.6, cases=3) for seed in range(8)]
    assert any(len({"sA", "tB", "uC"} & set(each[0].train)) in (1, 2) for each in plans)


@pytest.mark.parametrize(
    ("fields", "groups", "said"),
    [
        ({"by": "scenario"}, [list(GRID)], "all runs belong together"),
        ({"by": "scenario", "cases": 2}, (), "fewer than the 2 folds or cases"),
        ({"by": "scenario_and_model"}, [["sA", "sB", "sC"], ["tA", "tB"]], "belong together"),
    ],
)
def test_what_can_not_be_held_out_is_refused(fields: Any, groups: Any, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        divided(GRID, 1, groups, **fields)

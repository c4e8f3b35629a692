"""The public and the private split of the eval runs."""

from typing import Any

import pytest

from runner.errors import UsageError
from runner.submissions.rules import Rules
from runner.submissions.split import public_groups, split_groups

RULES = Rules(public_share=0.4, seed="s")


def spec(scenario: str, model: str) -> dict[str, str]:
    return {
        "run_spec.scenario_spec.class_name": scenario,
        "run_spec.adapter_spec.model": model,
    }


def specs(scenarios: int = 5, models: int = 4) -> dict[str, dict[str, str]]:
    """Return runs of two deployments of each model on each scenario."""
    return {
        f"{scenario}-{model}-{deployment}": spec(f"s{scenario}", f"m{model}")
        for scenario in range(scenarios)
        for model in range(models)
        for deployment in "xy"
    }


def public_runs(
    run_specs: dict[str, dict[str, str]], rules: Rules, **division: Any
) -> dict[str, Any]:
    return public_groups(split_groups(run_specs, {"division": division}), rules)


def test_runs_of_one_scenario_and_model_are_on_one_side() -> None:
    public = public_runs(specs(), RULES)
    assert len(public) == 2 * 8
    assert {run[:-1] + "x" for run in public} == {
        run[:-1] + "x" for run in public if run[-1] == "y"
    }


def test_the_split_follows_from_the_seed_alone() -> None:
    shuffled = dict(reversed(specs().items()))
    assert public_runs(shuffled, RULES) == public_runs(specs(), RULES)
    assert public_runs(specs(), Rules(public_share=0.4, seed="t")) != public_runs(specs(), RULES)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_both_sides_have_something_to_score(share: float) -> None:
    public = public_runs(specs(), Rules(public_share=share, seed="s"))
    assert 4 <= len(public) <= len(specs()) - 4


def test_too_few_runs_are_not_divided() -> None:
    with pytest.raises(UsageError, match="split need at least"):
        public_runs(specs(scenarios=1, models=3), RULES)


@pytest.mark.parametrize(("by", "place"), [("model", 2), ("model_deployment", 2), ("scenario", 0)])
def test_what_a_suite_holds_out_is_on_one_side(by: str, place: int) -> None:
    """A run is named SCENARIO-MODEL-DEPLOYMENT."""
    public = public_runs(specs(), RULES, by=by)
    values = {run[place] for run in public}
    assert len(values) >= 2
    assert values.isdisjoint({run[place] for run in specs() if run not in public})


def test_control_by_run_models_are_on_both_sides() -> None:
    public = public_runs(specs(), RULES, by="run")
    assert {run[2] for run in public} & {run[2] for run in specs() if run not in public}


def test_held_out_by_both_the_factor_with_more_values_is_on_one_side() -> None:
    runs = specs(scenarios=4, models=6)
    public = public_runs(runs, RULES, by="scenario_and_model")
    assert {run[2] for run in public}.isdisjoint({run[2] for run in runs if run not in public})

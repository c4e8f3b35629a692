"""The public and the private split: what is told uses no private target, and probing gains none."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import UsageError
from runner.reports.report import Report
from runner.submissions.rules import Rules
from runner.submissions.split import private_report, public_runs, score_public
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build

DOCS = Path(__file__).parents[3] / "docs"
SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}
RULES = Rules(public_share=0.4, seed="s")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Return a suite of eight cases, each of one run."""
    tmp_path = tmp_path_factory.mktemp("suite")
    return build(write_suite(tmp_path, runs=8), tmp_path / "suite", **SPLIT)


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


def evaluated(suite: Suite, public: frozenset[str], on_public: float, on_private: float) -> Report:
    """Return the report of what is off by this much on each side."""

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        error = on_public if target.run_spec_name in public else on_private
        return off_by(error)(target, actual)

    return evaluate_function(suite, predict).report


def test_the_public_score_uses_no_private_target_and_the_private_no_public_one(
    suite: Suite,
) -> None:
    public = public_runs(suite.eval_run_specs(), RULES)
    assert 2 <= len(public) <= 6
    told = [score_public(evaluated(suite, public, 0.1, off), public) for off in (0.0, 0.3)]
    assert told[0] == told[1]
    assert told[0] is not None
    assert told[0].value == pytest.approx(0.1)
    assert len(told[0].left_out) == len(public)
    for on_public in (0.0, 0.3):
        private = private_report(evaluated(suite, public, on_public, 0.2), RULES).score("mae")
        assert private is not None
        assert private.value == pytest.approx(0.2)
        assert private.runs == len(suite.cases) - len(public)


@pytest.fixture(scope="module")
def probing() -> ModuleType:
    location = importlib.util.spec_from_file_location("probing", DOCS / "probing.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(5))
def test_probing_gains_where_nothing_protects_and_nothing_on_the_private_split(
    probing: ModuleType, seed: int
) -> None:
    """By chance a probe gains 0.25 / sqrt(200) = 0.018 on 200 targets, times 3 here at most."""
    by_chance = 3 * probing.STEP / np.sqrt(probing.RUNS / 2)
    control = probing.simulate(None, seed=seed)
    assert control.private[-1] > 2 * by_chance  # all targets are asked about, and decide
    exact = probing.simulate(Rules(publish="exact", seed="s"), seed=seed)
    assert exact.told[-1] > 2 * by_chance
    assert abs(exact.private[-1]) < by_chance
    ladder = probing.simulate(Rules(publish="ladder", seed="s"), seed=seed)
    assert abs(ladder.private[-1]) < by_chance
    assert ladder.told[-1] < by_chance


def test_the_plot_in_the_docs_is_what_the_script_draws(probing: ModuleType, tmp_path: Path) -> None:
    probing.main(tmp_path / "plot.svg")
    made, kept = (path.read_text() for path in (tmp_path / "plot.svg", DOCS / "probing.svg"))
    for text in (made, kept):
        assert text.startswith("<svg")
        assert all(name in text for name, _ in probing.find_curves())
    lines = [text.count('aria-roledescription="line mark"') for text in (made, kept)]
    assert lines == [4, 4]

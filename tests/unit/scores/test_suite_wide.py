"""The metrics of a suite as a whole: by hand, by brute force, and by other libraries."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.stats
import sklearn.metrics

from runner.contract.layout import RUN_NAME
from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target
from tests.unit.scores.builder import scores_of, values_of

Cells = Mapping[tuple[str, str], tuple[float, float]]
"""Model and scenario -> predicted and actual mean."""


def table(cells: Cells, stat: str = "exact_match") -> list[dict[str, Any]]:
    return [
        target(
            f"{model}-{scenario}",
            predicted=predicted,
            actual=actual,
            name={"name": stat, "split": "test"},
            model=model,
            subject=scenario,
        )
        for (model, scenario), (predicted, actual) in cells.items()
    ]


BY_HAND: Cells = {
    ("m0", "x"): (0.3, 0.2),
    ("m1", "x"): (0.2, 0.5),
    ("m2", "x"): (0.9, 0.6),
    ("m0", "y"): (0.3, 0.4),
    ("m1", "y"): (0.2, 0.3),
}
"""The means over scenarios are 0.3, 0.2, 0.9 as predicted, and 0.3, 0.4, 0.6 in fact."""


def test_models_are_ranked_by_their_mean_over_the_scenarios_that_they_have() -> None:
    """Of three pairs of models, m0 and m1 are in the wrong order: (2 - 1) / 3."""
    assert values_of(table(BY_HAND))["model_rank"] == pytest.approx(1 / 3)


def test_the_error_of_win_rates_is_worked_by_hand() -> None:
    """In x m0, m1, m2 win 0.5, 0, 1 as predicted and 0, 0.5, 1 in fact; in y 1, 0 and 1, 0.

    The means are 0.75, 0, 1 and 0.5, 0.25, 1; so the errors are 0.25, 0.25 and 0.
    """
    assert values_of(table(BY_HAND))["win_rate_error"] == pytest.approx(0.5 / 3)


def random_cells(seed: int, models: int = 6, scenarios: int = 5) -> Cells:
    """Return cells with equal values, and with some that are not there."""
    random = np.random.default_rng(seed)
    return {
        (f"m{model}", f"s{scenario}"): tuple(np.round(random.random(2), 1))
        for model in range(models)
        for scenario in range(scenarios)
        if random.random() < 0.8
    }


def win_rates(cells: Cells, side: int) -> dict[str, float]:
    """Return the probability that a model is better than another one drawn in its scenario.

    It is what HELM's summarize says of its win rates, counted one by one.
    """
    rates: dict[str, list[float]] = {}
    for (model, scenario), means in cells.items():
        others = [cells[o, s][side] for o, s in cells if s == scenario and o != model]
        if others:
            wins = [float(means[side] > each) + 0.5 * (means[side] == each) for each in others]
            rates.setdefault(model, []).append(float(np.mean(wins)))
    return {model: float(np.mean(each)) for model, each in rates.items()}


@pytest.mark.parametrize("seed", range(5))
def test_win_rates_are_those_of_helm_with_ties_and_missing_runs(seed: int) -> None:
    cells = random_cells(seed)
    predicted, actual = (win_rates(cells, side) for side in (0, 1))
    expected = np.mean([abs(predicted[model] - actual[model]) for model in predicted])
    assert values_of(table(cells))["win_rate_error"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_without_equal_means_the_model_rank_is_scipys_kendall(seed: int) -> None:
    random = np.random.default_rng(seed)
    cells = {(f"m{m}", f"s{s}"): tuple(random.random(2)) for m in range(7) for s in range(4)}
    means = [
        [np.mean([cells[f"m{m}", f"s{s}"][side] for s in range(4)]) for m in range(7)]
        for side in (0, 1)
    ]
    expected = scipy.stats.kendalltau(*means).statistic
    assert values_of(table(cells))["model_rank"] == pytest.approx(expected)


def test_several_stats_count_the_same() -> None:
    other = {key: (1 - actual, actual) for key, (_, actual) in BY_HAND.items()}
    targets = [*table(BY_HAND), *table(other, "f1_score")]
    assert values_of(targets)["model_rank"] == pytest.approx((1 / 3 - 1) / 2)


@pytest.mark.parametrize("metric", ["model_rank", "win_rate_error", "delta_mae", "budget_area"])
def test_values_without_a_cluster_are_those_of_the_other_runs_alone(metric: str) -> None:
    """The control of the short way that the jackknife takes."""
    frame = records(
        [
            {**each, "budget": budget, "case": f"case-{budget}"}
            for budget in (1, 4)
            for each in [*table(random_cells(1)), *perturbed(random_cells(2))]
        ]
    )
    policy = ScoringPolicy(primary=metric) if METRICS[metric].better else None
    if policy is None:
        (score,) = score_targets(frame, metrics=(metric,), intervals=True)
        assert score.low is not None
        return
    found = replicate_primary(frame, policy)
    assert found is not None
    for column, values in (("scenario", found.scenarios), ("model", found.models)):
        names = frame.unique(RUN_NAME, maintain_order=True)[column].unique(maintain_order=True)
        rest = [
            score_targets(frame.filter(pl.col(column) != name), metrics=(metric,))[0].value
            for name in names
        ]
        assert values == pytest.approx(rest)
    rest = [
        score_targets(
            frame.filter((pl.col("scenario") != scenario) | (pl.col("model") != model)),
            metrics=(metric,),
        )[0].value
        for scenario, model in frame.select("scenario", "model").unique().iter_rows()
    ]
    assert np.sort(found.pairs) == pytest.approx(np.sort(np.array(rest, np.float64)))


def name(computed_on: str) -> dict[str, Any]:
    perturbation = {"name": "typos", "prob": 0.5, "computed_on": computed_on}
    return {"name": "exact_match", "split": "test", "perturbation": perturbation}


def perturbed(cells: Cells) -> list[dict[str, Any]]:
    """Return stats on perturbed instances, and on the same ones as they were."""
    return [
        {
            **each,
            "name": name(on),
            **({"predicted": 0.5, "actual": 0.5} if on == "original" else {}),
        }
        for each in table(cells)
        for on in ("perturbed", "original")
    ]


def test_the_error_of_deltas_is_weighted_by_instances_within_a_run_and_then_over_runs() -> None:
    """In a the deltas are -0.2 and -0.3, in b 0.1 and 0.1: errors 0.1 and 0."""
    targets = [
        target("a", predicted=0.9, actual=0.8, name=name("original")),
        target("a", predicted=0.7, actual=0.5, name=name("perturbed"), instances=4),
        target("b", predicted=0.4, actual=0.1, name=name("original")),
        target("b", predicted=0.5, actual=0.2, name=name("perturbed")),
    ]
    assert values_of(targets)["delta_mae"] == pytest.approx(0.05)


def test_without_perturbations_or_budgets_their_metrics_are_left_out() -> None:
    assert not {"delta_mae", "budget_area"} & set(values_of(table(BY_HAND)))


def test_a_perturbed_stat_without_a_prediction_of_its_original_has_no_delta() -> None:
    targets = [
        target("a", actual=0.8, name=name("original")),
        target("a", predicted=0.7, actual=0.5, name=name("perturbed")),
    ]
    assert "delta_mae" not in values_of(targets)


def at_budgets(errors: Mapping[int | None, float]) -> list[dict[str, Any]]:
    return [
        target("a", predicted=0.5 + error, actual=0.5, budget=budget, case=f"case-{budget}")
        for budget, error in errors.items()
    ]


def test_the_area_under_the_error_is_by_log2_of_1_and_the_budget() -> None:
    """0, 1 and 7 instances stand at 0, 1 and 3: (0.3 * 1 + 0.15 * 2) / 3."""
    assert values_of(at_budgets({0: 0.4, 1: 0.2, 7: 0.1}))["budget_area"] == pytest.approx(0.2)


def test_the_area_is_scikit_learns_by_its_width() -> None:
    errors: dict[int | None, float] = {1: 0.4, 2: 0.3, 4: 0.35, 16: 0.1}
    places = np.log2([2.0, 3.0, 5.0, 17.0])
    area = sklearn.metrics.auc(places, list(errors.values())) / (places[-1] - places[0])
    assert values_of(at_budgets(errors))["budget_area"] == pytest.approx(area)


def test_a_case_that_reveals_all_is_at_no_place_of_the_curve() -> None:
    errors: dict[int | None, float] = {0: 0.4, 1: 0.2}
    whole = values_of(at_budgets({**errors, None: 0.9}))["budget_area"]
    assert whole == values_of(at_budgets(errors))["budget_area"]
    assert "budget_area" not in values_of(at_budgets({1: 0.2, None: 0.9}))


def test_replicates_of_a_budget_are_averaged() -> None:
    targets = [
        {**each, "replicate": number, "case": f"{each['case']}-{number}", "predicted": 0.5 + error}
        for number, errors in enumerate(((0.4, 0.2), (0.2, 0.0)), start=1)
        for each, error in zip(at_budgets({0: 0.0, 1: 0.0}), errors, strict=True)
    ]
    assert values_of(targets)["budget_area"] == pytest.approx(0.2)


@pytest.mark.parametrize("metric", ["model_rank", "win_rate_error"])
def test_one_model_has_no_rank_and_the_reason_is_said(metric: str) -> None:
    score = scores_of(table({("m0", "x"): (0.1, 0.2)}))[metric]
    assert score.value is None
    assert "no stat has two models" in str(score.reason)


def test_an_interval_is_about_scenarios_and_models() -> None:
    cells = {
        (f"m{m}", f"s{s}"): (0.1 * m, 0.1 * m + 0.01 * s) for m in range(10) for s in range(10)
    }
    found = scores_of(table(cells), intervals=True)
    assert (found["model_rank"].value, found["model_rank"].low) == (1, 1)
    assert (found["model_rank"].scenarios, found["model_rank"].models) == (10, 10)
    assert found["win_rate_error"].note is None


def test_means_that_differ_by_rounding_alone_are_equal() -> None:
    """0.1 + 0.2 and 0.3 differ in the last digit; so do their means over scenarios."""
    cells = {
        ("m0", "x"): (0.1, 0.1),
        ("m0", "y"): (0.2, 0.2),
        ("m0", "z"): (0.3, 0.3),
        ("m1", "x"): (0.3, 0.4),
        ("m1", "y"): (0.2, 0.4),
        ("m1", "z"): (0.1, 0.4),
    }
    assert values_of(table(cells))["model_rank"] == 0

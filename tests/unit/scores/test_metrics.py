import math
from typing import Any

import pytest
import scipy.integrate
import scipy.stats
import sklearn.metrics

from tests.records_builder import target
from tests.unit.scores.builder import BY_HAND, many_targets, scores_of, sides, values_of


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("mae", 0.75 / 3),
        ("rmse", math.sqrt((0.0625 + 0.25) / 3)),
        ("bias", -0.25 / 3),
        ("max_error", 0.5),
        ("r2", 1 - 0.3125 / (1 / 36 + 1 / 36 + 4 / 36)),
        ("skill", 1 - 0.25 / (0.5 / 3)),
    ],
)
def test_a_metric_is_what_is_worked_by_hand(metric: str, value: float) -> None:
    """The actuals 0.5, 0.5, 1 have a mean of 2/3, and squares about it of 1/36 + 1/36 + 4/36."""
    assert values_of(BY_HAND)[metric] == pytest.approx(value)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("mae", sklearn.metrics.mean_absolute_error),
        ("rmse", sklearn.metrics.root_mean_squared_error),
        ("max_error", sklearn.metrics.max_error),
        ("r2", sklearn.metrics.r2_score),
        ("pearson", lambda a, p: scipy.stats.pearsonr(a, p).statistic),
    ],
)
def test_a_metric_equals_scipys_or_scikit_learns(metric: str, reference: Any) -> None:
    actual, predicted = sides(many_targets())
    assert values_of(many_targets())[metric] == pytest.approx(reference(actual, predicted))


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("brier", sklearn.metrics.brier_score_loss),
        ("log_loss", sklearn.metrics.log_loss),
        ("auroc", sklearn.metrics.roc_auc_score),
    ],
)
def test_a_metric_of_binary_stats_equals_scikit_learns(metric: str, reference: Any) -> None:
    actual, predicted = sides(many_targets("binary"))
    assert values_of(many_targets("binary"))[metric] == pytest.approx(reference(actual, predicted))


def test_log_loss_of_a_certain_miss_is_scikit_learns() -> None:
    targets = [
        target(predicted=0.0, actual=1.0, instance_id="id1"),
        target(predicted=0.5, actual=0.0, instance_id="id2"),
    ]
    assert values_of(targets)["log_loss"] == pytest.approx(
        sklearn.metrics.log_loss([1.0, 0.0], [0.0, 0.5])
    )


def test_crps_is_the_integral_over_squared_differences_of_distributions() -> None:
    def integrand(x: float) -> float:
        return float((scipy.stats.norm.cdf(x, 0.4, 0.2) - (x >= 0.7)) ** 2)

    integral = sum(
        scipy.integrate.quad(integrand, low, high)[0] for low, high in ((-2, 0.7), (0.7, 3))
    )
    values = values_of([target(predicted=0.4, stddev=0.2, actual=0.7)])
    assert values["crps"] == pytest.approx(integral)


def test_a_prediction_without_a_stddev_has_its_error_as_crps() -> None:
    """So nothing is won by leaving out the stddev of targets of which one is unsure."""
    both = [
        target("a", predicted=0.5, stddev=0.01, actual=0.5),
        target("b", predicted=0.2, actual=0.9),
        target("c", predicted=0.2, stddev=0.0, actual=0.4),
    ]
    of_a = values_of(both[:1])["crps"]
    assert of_a is not None
    assert values_of(both)["crps"] == pytest.approx((of_a + 0.7 + 0.2) / 3)


def test_a_probability_beyond_1_counts_as_1() -> None:
    right, wrong = (
        values_of([target(predicted=1.5, actual=actual, instance_id="i")])["log_loss"]
        for actual in (1.0, 0.0)
    )
    assert right == pytest.approx(0)
    assert wrong == pytest.approx(-math.log(2**-52))


@pytest.mark.parametrize("metric", ["pearson", "spearman", "kendall"])
def test_equal_predictions_have_a_correlation_of_0(metric: str) -> None:
    targets = [target(str(i), predicted=0.5, actual=i / 9, model=f"m{i}") for i in range(9)]
    assert values_of(targets)[metric] == 0


def test_coverage_counts_actuals_within_1_96_stddevs() -> None:
    targets = [
        target("a", predicted=0.5, stddev=0.1, actual=0.5 + 0.195),
        target("b", predicted=0.5, stddev=0.1, actual=0.5 + 0.197),
        target("c", predicted=0.5, stddev=0.1, actual=0.4),
        target("d", predicted=0.5, stddev=0.1, actual=0.4),
    ]
    assert values_of(targets)["coverage"] == 0.75


def test_a_stddev_of_zero_claims_nothing() -> None:
    targets = [
        target("a", predicted=0.5, stddev=0.1, actual=0.5),
        target("b", predicted=0.5, stddev=0.0, actual=0.9),
    ]
    assert values_of(targets)["coverage"] == 1
    assert scores_of(targets[1:])["coverage"].reason == "no predicted stat has a stddev above 0"


def test_the_oracle_has_error_0_and_skill_1() -> None:
    targets = [{**each, "predicted": each["actual"], "baseline": 0.4} for each in many_targets()]
    values = values_of(targets)
    assert [values[name] for name in ("mae", "rmse", "bias", "max_error")] == [0, 0, 0, 0]
    assert [values[name] for name in ("skill", "r2")] == [1, 1]
    assert [values[name] for name in ("pearson", "spearman", "kendall")] == pytest.approx([1] * 3)


def test_the_baseline_itself_has_skill_0() -> None:
    targets = [{**each, "baseline": each["predicted"]} for each in many_targets()]
    assert values_of(targets)["skill"] == 0


@pytest.mark.parametrize(
    ("targets", "metric", "reason"),
    [
        ([target(predicted=0.5)], "r2", "the actual means are all the same"),
        ([target("a", predicted=0.1), target("b", predicted=0.2)], "pearson", "same"),
        ([target("a", predicted=0.1), target("b", predicted=0.2)], "spearman", "same"),
        ([target(predicted=0.5)], "kendall", "no scenario has two models"),
        ([target(predicted=0.5)], "skill", "no target has a train mean"),
        ([target(predicted=0.5)], "coverage", "no predicted stat has a stddev"),
        ([target(predicted=0.5, actual=1, instance_id="i")], "auroc", "all 0 or all 1"),
        ([target()], "mae", "no target has a prediction"),
    ],
)
def test_a_metric_that_cannot_be_computed_says_why(
    targets: list[dict[str, Any]], metric: str, reason: str
) -> None:
    score = scores_of(targets)[metric]
    assert score.value is None
    assert reason in str(score.reason)


def test_equal_large_means_have_a_correlation_of_0() -> None:
    targets = [target(str(i), predicted=1e6 + 0.1, actual=1e6 + i) for i in range(9)]
    assert values_of(targets)["pearson"] == 0
    shifted = [target(str(i), predicted=1e6 + 2.0 * i, actual=1e6 + i) for i in range(9)]
    assert values_of(shifted)["pearson"] == pytest.approx(1)

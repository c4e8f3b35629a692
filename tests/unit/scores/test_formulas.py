import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import sklearn.calibration
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


ALPHA = 0.05


def with_stddevs() -> list[dict[str, Any]]:
    """Return targets with and without a stddev, some far outside of their interval."""
    stddevs = (0.05, 0.2, None, 0.0)
    return [{**each, "stddev": stddevs[n % 4]} for n, each in enumerate(many_targets())]


def test_the_interval_score_is_that_of_the_two_quantiles_of_scikit_learn() -> None:
    """Gneiting and Raftery: 2 / alpha times the pinball losses of both ends."""
    targets = with_stddevs()
    actual, predicted = (np.array(side) for side in sides(targets))
    half = scipy.stats.norm.ppf(1 - ALPHA / 2) * np.array([t["stddev"] or 0.0 for t in targets])
    pinball = sklearn.metrics.mean_pinball_loss
    losses = pinball(actual, predicted - half, alpha=ALPHA / 2) + pinball(
        actual, predicted + half, alpha=1 - ALPHA / 2
    )
    assert values_of(targets)["interval_score"] == pytest.approx(2 / ALPHA * losses)


def test_an_interval_score_is_its_width_and_40_times_how_far_off_an_actual_is() -> None:
    inside = target("a", predicted=0.5, stddev=0.1, actual=0.6)
    outside = target("b", predicted=0.5, stddev=0.1, actual=0.9)
    width = 2 * 1.959964 * 0.1
    values = values_of([inside, outside])
    assert values["interval_score"] == pytest.approx(width + 20 * (0.4 - width / 2), rel=1e-6)
    assert values["mean_width"] == pytest.approx(width, rel=1e-6)


def test_a_width_is_over_the_targets_that_have_a_stddev() -> None:
    both = [target("a", predicted=0.5, stddev=0.1), target("b", predicted=0.5)]
    assert values_of(both)["mean_width"] == pytest.approx(0.392, abs=1e-4)
    assert scores_of(both[1:])["mean_width"].reason == "no predicted stat has a stddev above 0"


def test_the_calibration_error_is_scikit_learns_curve_weighted_by_its_bins() -> None:
    random = np.random.default_rng(4)
    predicted = random.random(300)
    actual = (random.random(300) < predicted**2).astype(float)
    curve = sklearn.calibration.calibration_curve(actual, predicted, n_bins=10)
    sizes = np.histogram(predicted, np.linspace(0, 1, 11))[0]
    expected = (np.abs(curve[0] - curve[1]) * sizes).sum() / 300
    targets = [
        target(f"r{n}", predicted=float(predicted[n]), actual=float(actual[n]), instance_id="i")
        for n in range(300)
    ]
    assert values_of(targets)["ece"] == pytest.approx(expected)


def test_probabilities_of_one_bin_are_compared_with_their_share_of_ones() -> None:
    """In the bin up to 0.3 the mean is 0.25 and the share 1 / 2, in that of 1 it is 1 and 1."""
    told = [(0.21, 0.0), (0.29, 1.0), (1.0, 1.0), (1.7, 1.0)]
    targets = [
        target(f"r{n}", predicted=predicted, actual=actual, instance_id="i")
        for n, (predicted, actual) in enumerate(told)
    ]
    assert values_of(targets)["ece"] == pytest.approx(2 / 4 * 0.25)


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

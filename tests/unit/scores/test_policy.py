"""Nothing is won by saying less: these inputs once had a better score than an honest one."""

from typing import Any

import numpy as np
import pytest

from runner.errors import SuiteError
from runner.scores.aggregation import score_targets
from runner.scores.metrics import METRICS
from runner.scores.policy import RANKING_METRICS, ScoringPolicy
from runner.suites.spec_file import make_spec
from tests.records_builder import records, target
from tests.unit.scores.builder import values_of

TARGETS = 80
WORST = (0.0, 1.0)


def honest(seed: int = 1, noise: float = 0.14, stddev: float | None = None) -> list[dict[str, Any]]:
    """Return targets of ten models in eight scenarios, off by normal errors."""
    random = np.random.default_rng(seed)
    return [
        target(
            f"run{number}",
            predicted=float(actual + random.normal(0, noise)),
            actual=float(actual),
            stddev=stddev,
            baseline=0.5,
            model=f"m{number % 10}",
            subject=f"s{number // 10}",
        )
        for number, actual in enumerate(random.uniform(0.2, 0.8, TARGETS))
    ]


def changed(targets: list[dict[str, Any]], at: list[int], **fields: Any) -> list[dict[str, Any]]:
    return [{**each, **(fields if n in at else {})} for n, each in enumerate(targets)]


def primary(targets: list[dict[str, Any]], metric: str, worst: bool = False) -> float:
    frame = records(targets, WORST if worst else None)
    (score,) = score_targets(frame, metrics=(metric,))
    assert score.value is not None
    return score.value


@pytest.mark.parametrize("metric", ["crps", "interval_score"])
@pytest.mark.parametrize("stddev", [0.01, 1e-9])
def test_a_stddev_on_one_target_that_is_known_wins_no_more_than_that_target(
    metric: str, stddev: float
) -> None:
    """One target of 80 is right, and has a stddev: a ranking by it alone would be won."""
    plain = honest()
    known = changed(plain, [0], predicted=plain[0]["actual"])
    sure = changed(known, [0], stddev=stddev)
    assert primary(sure, metric) >= primary(known, metric)
    assert primary(sure, metric) > primary(plain, metric) * (TARGETS - 4) / TARGETS
    alone = primary(sure[:1], metric)
    assert alone < 0.1 * primary(plain, metric)  # control: what ranked before


@pytest.mark.parametrize("metric", ["crps", "interval_score"])
def test_honest_stddevs_are_better_than_none_and_one_too_narrow_is_worse(metric: str) -> None:
    none, right, narrow = (primary(honest(stddev=s), metric) for s in (None, 0.14, 0.001))
    assert right < narrow <= none * 1.001
    assert right < none


def untied(targets: list[dict[str, Any]], by: str, sure: float) -> list[dict[str, Any]]:
    """Return one prediction for all runs, or models, but those far from the middle."""
    means = {
        each[by]: np.mean([other["predicted"] for other in targets if other[by] == each[by]])
        for each in targets
    }
    return [
        {**each, "predicted": 0.5 if abs(means[each[by]] - 0.5) < sure else each["predicted"]}
        for each in targets
    ]


def by_model(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "model": each["spec"]["model"]} for each in targets]


@pytest.mark.parametrize(
    ("metric", "by", "sure"), [("kendall", "run", 0.25), ("model_rank", "model", 0.08)]
)
def test_ties_where_one_is_not_sure_win_nothing(metric: str, by: str, sure: float) -> None:
    """Without ties in the sum, this was 0.69 for an honest 0.50."""
    all_honest = [by_model(honest(seed, noise=0.2)) for seed in range(20)]
    plain = np.mean([primary(each, metric) for each in all_honest])
    tied = np.mean([primary(untied(each, by, sure), metric) for each in all_honest])
    assert 0.2 < tied < plain
    everywhere = changed(all_honest[0], list(range(TARGETS)), predicted=0.5)
    assert primary(everywhere, metric) == 0


def test_control_of_the_pairs_that_are_not_tied_more_are_right() -> None:
    plain = honest(3, noise=0.2)
    sure = [each for each in untied(plain, "run", 0.25) if each["predicted"] != 0.5]
    assert primary(sure, "kendall") > primary(plain, "kendall") + 0.1


@pytest.mark.parametrize("metric", ["pearson", "spearman", "kendall", "model_rank"])
@pytest.mark.parametrize("method", ["leave_one_out", "k_fold"])
def test_orders_across_cases_that_train_on_each_other_are_no_primary_metric(
    metric: str, method: str
) -> None:
    """Minus the sum of the others had a Kendall of 0.76, a sensible image -0.84."""
    division = {"method": method, "by": "model", **({"folds": 2} if method == "k_fold" else {})}
    fields = {"name": "v", "version": "1", "helm_runs": ["runs"], "division": division}
    assert make_spec({**fields, "scoring": {"primary": "mae"}}, "the test")  # control
    with pytest.raises(SuiteError, match="in order"):
        make_spec({**fields, "scoring": {"primary": metric}}, "the test")


WITH_WORST = ("mae", "rmse", "skill", "interval_score", "crps", "budget_area")


@pytest.mark.parametrize("metric", WITH_WORST)
@pytest.mark.parametrize("stddev", [None, 0.1])
def test_a_prediction_that_is_left_out_is_never_better_than_the_one_that_was_made(
    metric: str, stddev: float | None
) -> None:
    """Where missing targets have a number instead of voiding the case: even the worst are made."""
    plain = [
        {**each, "budget": budget, "case": f"case-{budget}"}
        for budget in (1, 4)
        for each in honest(noise=0.1, stddev=stddev)
    ]
    sign = 1 if METRICS[metric].better == "lower" else -1
    before = sign * primary(plain, metric, worst=True)
    off = [abs(each["predicted"] - each["actual"]) for each in plain]
    for worst_first in (1, 20, 100):
        at = np.argsort(off)[-worst_first:].tolist()
        dropped = changed(plain, at, predicted=None, stddev=None)
        assert sign * primary(dropped, metric, worst=True) > before
    void = sign * primary(dropped, metric)
    assert void < before  # control: left out and not counted, it would be better


@pytest.mark.parametrize("metric", sorted(set(RANKING_METRICS) - {*WITH_WORST, "sample_skill"}))
def test_a_metric_that_drops_missing_targets_is_primary_only_where_they_void(metric: str) -> None:
    assert ScoringPolicy(primary=metric)
    if metric == "instance_mae":
        return
    with pytest.raises(ValueError, match="with missing: worst"):
        ScoringPolicy(primary=metric, missing="worst", range=WORST)


def test_what_equal_or_constant_answers_would_win_can_not_rank() -> None:
    """Ties are half a win, the base rate is calibrated, and a wide interval covers all."""
    for metric in ("win_rate_error", "ece", "coverage", "mean_width", "bias"):
        with pytest.raises(ValueError, match="the primary metric must be one of"):
            ScoringPolicy(primary=metric)


def test_control_the_base_rate_told_for_all_is_calibrated_and_knows_nothing() -> None:
    random = np.random.default_rng(1)
    actual = random.integers(0, 2, 400)
    targets = [
        target(f"r{n}", predicted=float(actual.mean()), actual=float(each), instance_id=f"i{n}")
        for n, each in enumerate(actual)
    ]
    values = values_of(targets)
    assert values["ece"] == pytest.approx(0)
    assert values["auroc"] == 0.5

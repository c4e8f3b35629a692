import math
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.integrate
import scipy.stats
import sklearn.metrics

from runner.scores.aggregation import Score, mean_deltas, score_targets
from runner.scores.policy import ScoringPolicy
from runner.scores.records import ACTUAL_SIDE, SIDE, describe_runs, make_records, side_frame
from tests.records_builder import records, target


def scores_of(targets: list[dict[str, Any]], **options: Any) -> dict[str, Score]:
    return {score.metric: score for score in score_targets(records(targets), **options)}


def values_of(targets: list[dict[str, Any]]) -> dict[str, float | None]:
    return {name: score.value for name, score in scores_of(targets).items()}


BY_HAND = [
    target("a", predicted=0.75, actual=0.5, baseline=0.5),
    target("b", predicted=0.0, actual=0.5, baseline=0.5),
    target("c", predicted=1.0, actual=1.0, baseline=0.5),
]
"""Errors 0.25, -0.5 and 0; the baseline's are 0, 0 and 0.5."""


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


def many_targets(kind: str = "stat", count: int = 40) -> list[dict[str, Any]]:
    """Return targets with ties on both sides, of ten models in two scenarios."""
    random = np.random.default_rng(3)
    actual = random.integers(0, 5, count) / 4 if kind == "stat" else random.integers(0, 2, count)
    predicted = np.clip(np.round(actual * 0.5 + 0.5 * random.random(count), 1), 0.05, 0.95)
    return [
        target(
            f"run{i % 20}",
            predicted=float(predicted[i]),
            actual=float(actual[i]),
            name={"name": f"stat{i // 20}", "split": "test"},
            instance_id=None if kind == "stat" else "id1",
            model=f"m{i % 10}",
            subject=f"s{i % 20 // 10}",
        )
        for i in range(count)
    ]


def sides(targets: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    return [each["actual"] for each in targets], [each["predicted"] for each in targets]


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("mae", sklearn.metrics.mean_absolute_error),
        ("rmse", sklearn.metrics.root_mean_squared_error),
        ("max_error", sklearn.metrics.max_error),
        ("r2", sklearn.metrics.r2_score),
        ("pearson", lambda a, p: scipy.stats.pearsonr(a, p).statistic),
        ("spearman", lambda a, p: scipy.stats.spearmanr(a, p).statistic),
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


def test_kendall_is_scipys_tau_b_of_the_models_in_each_scenario_and_stat() -> None:
    targets = many_targets()
    taus = []
    for subject in ("s0", "s1"):
        for stat in ("stat0", "stat1"):
            chosen = [
                each
                for each in targets
                if each["spec"]["subject"] == subject and each["name"]["name"] == stat
            ]
            taus.append(scipy.stats.kendalltau(*sides(chosen)).statistic)
    assert values_of(targets)["kendall"] == pytest.approx(np.mean(taus))


def test_kendall_does_not_compare_runs_of_one_model() -> None:
    """m0 is put above m1 rightly twice; that its own two runs are swapped does not count."""
    targets = [
        target("a", predicted=0.9, actual=0.6, model="m0"),
        target("b", predicted=0.8, actual=0.7, model="m0"),
        target("c", predicted=0.1, actual=0.2, model="m1"),
    ]
    assert values_of(targets)["kendall"] == 1


def test_kendall_by_a_column_within_a_scenario_compares_within_its_groups() -> None:
    targets = [
        target("a", predicted=0.1, actual=0.1, model="m0"),
        target("b", predicted=0.2, actual=0.2, model="m1"),
        target("c", predicted=0.4, actual=0.3, model="m2"),
        target("d", predicted=0.3, actual=0.4, model="m3"),
    ]
    frame = records(targets).with_columns(family=np.array(["x", "x", "y", "y"]))
    found = score_targets(frame, ("family",), metrics=("kendall",))
    assert [(score.group, score.value) for score in found] == [("x", 1), ("y", -1)]


def test_crps_is_the_integral_over_squared_differences_of_distributions() -> None:
    def integrand(x: float) -> float:
        return float((scipy.stats.norm.cdf(x, 0.4, 0.2) - (x >= 0.7)) ** 2)

    integral = sum(
        scipy.integrate.quad(integrand, low, high)[0] for low, high in ((-2, 0.7), (0.7, 3))
    )
    values = values_of([target(predicted=0.4, stddev=0.2, actual=0.7)])
    assert values["crps"] == pytest.approx(integral)


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
        ([target("a", predicted=0.1, actual=0.1), target("b", predicted=0.1)], "pearson", "same"),
        ([target("a", predicted=0.1, actual=0.1), target("b", predicted=0.1)], "spearman", "same"),
        ([target(predicted=0.5)], "kendall", "no scenario has two models"),
        ([target(predicted=0.5)], "skill", "no target has a train mean"),
        ([target(predicted=0.5)], "crps", "no predicted stat has a stddev"),
        ([target(predicted=1.5, actual=1, instance_id="i")], "log_loss", "not in 0 to 1"),
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


def test_equal_large_means_have_no_correlation() -> None:
    targets = [target(str(i), predicted=1e6 + 0.1, actual=1e6 + i) for i in range(9)]
    assert values_of(targets)["pearson"] is None
    shifted = [target(str(i), predicted=1e6 + 2.0 * i, actual=1e6 + i) for i in range(9)]
    assert values_of(shifted)["pearson"] == pytest.approx(1)


def test_targets_without_a_prediction_are_ignored_and_counted() -> None:
    score = scores_of([*BY_HAND, target("d")])["mae"]
    assert score.value == pytest.approx(0.25)
    assert (score.targets, score.missing) == (3, 1)


def test_a_worst_error_stands_in_for_a_missing_prediction() -> None:
    frame = records([*BY_HAND, target("d"), target("e", reason="exit 1", outcome="failed")], 1.0)
    found = {score.metric: score for score in score_targets(frame)}
    assert found["mae"].value == pytest.approx((0.25 + 0.5 + 0 + 1) / 4)
    assert found["pearson"].value == pytest.approx(np.corrcoef([0.75, 0, 1], [0.5, 0.5, 1])[0, 1])
    assert found["mae"].missing == 2


def test_instances_and_stats_are_scored_apart() -> None:
    targets = [
        target(predicted=0.9, actual=0.5),
        target(predicted=0.75, actual=1, instance_id="i"),
        target(predicted=5, actual=7, instance_id="i", name={"name": "num_output_tokens"}),
    ]
    values = values_of(targets)
    assert (values["mae"], values["brier"], values["instance_mae"]) == pytest.approx(
        (0.4, 0.0625, 2)
    )


def test_a_category_has_a_score_for_each_of_its_groups_and_for_none() -> None:
    targets = [
        target("a", predicted=0.5, actual=0.4, model="m0"),
        target("b", predicted=0.5, actual=0.3, model="m1"),
        target("b", predicted=0.5, actual=0.1, model="m1", name={"name": "f1", "split": None}),
    ]
    by_model = score_targets(records(targets), ("model",), metrics=("mae",))
    assert [score.group for score in by_model] == ["m0", "m1"]
    assert [score.value for score in by_model] == pytest.approx([0.1, 0.3])
    by_split = score_targets(records(targets), ("split",), metrics=("mae",))
    assert [score.group for score in by_split] == ["test", None]


def test_scenario_weights_weigh_the_scenarios_means() -> None:
    """MAE 0.1 in one scenario and 0.4, from two targets, in the other: (3 * 0.1 + 0.4) / 4."""
    targets = [
        target("a", predicted=0.5, actual=0.4, subject="x"),
        target("b", predicted=0.5, actual=0.2, subject="y"),
        target("c", predicted=0.5, actual=0.0, subject="y"),
    ]
    policy = ScoringPolicy(scenario_weights={"MMLUScenario(subject=x)": 3})
    (score,) = score_targets(records(targets), policy=policy, metrics=("mae",))
    assert score.value == pytest.approx(0.175)
    assert score.targets == 3
    (score,) = score_targets(records(targets), metrics=("mae",))
    assert score.value == pytest.approx(0.9 / 3)


def test_the_mean_delta_is_perturbed_less_original_in_each_run() -> None:
    def typos(computed_on: str) -> dict[str, Any]:
        perturbation = {"name": "typos", "prob": 0.5, "computed_on": computed_on}
        return {"name": "exact_match", "split": "test", "perturbation": perturbation}

    targets = [
        target("a", predicted=0.9, actual=0.8, name=typos("original")),
        target("a", predicted=0.7, actual=0.5, name=typos("perturbed")),
        target("b", predicted=0.6, actual=0.4, name=typos("original")),
        target("b", predicted=0.5, actual=0.5, name=typos("perturbed")),
        target("c", predicted=0.5, actual=0.5, name=typos("perturbed")),
        target("d", predicted=0.6, actual=0.4, name=typos("original")),
        target("d", actual=0.5, name=typos("perturbed")),
    ]
    (delta,) = mean_deltas(records(targets)).to_dicts()
    assert delta == {
        "perturbed_by": "typos(prob=0.5)",
        "stat": "exact_match",
        "split": "test",
        "pairs": 2,
        "missing": 1,
        "predicted_delta": pytest.approx(-0.15),
        "actual_delta": pytest.approx(-0.1),
        "error": pytest.approx(-0.05),
    }


def test_a_target_that_is_predicted_twice_is_refused() -> None:
    key = ("case-1", "run", "exact_match", None, None, None, None, None)
    twice = side_frame([(*key, 0.5, None)] * 2, SIDE)
    actual = side_frame([(*key, 0.5, None, None, None, None, "scored", None)], ACTUAL_SIDE)
    with pytest.raises(pl.exceptions.ComputeError):
        make_records(twice, actual, describe_runs({}))
    assert make_records(twice[:1], actual, describe_runs({}))["error"].to_list() == [0]


def test_targets_are_found_by_their_keys_when_hashes_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one_hash(frame: pl.DataFrame) -> pl.Series:
        return pl.Series([7] * frame.height, dtype=pl.UInt64)

    monkeypatch.setattr(pl.DataFrame, "hash_rows", one_hash)
    assert values_of(BY_HAND)["mae"] == pytest.approx(0.25)
    (alone,) = records(BY_HAND[:1])["predicted_mean"].to_list()
    assert alone == 0.75
    other = side_frame([("x", "a", "exact_match", *[None] * 5, 0.1, None)], SIDE)
    wanted = ("case-1", "a", "exact_match", *[None] * 5)
    actual = side_frame([(*wanted, 0.5, None, None, None, None, "scored", None)], ACTUAL_SIDE)
    assert make_records(other, actual, describe_runs({}))["reason"].to_list() == ["not predicted"]


def test_kendall_of_too_many_pairs_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = [target(str(i), predicted=i / 9, actual=i / 9, model=f"m{i}") for i in range(9)]
    assert values_of(targets)["kendall"] == 1
    monkeypatch.setattr("runner.scores.ranking.kendall.MOST_PAIRS", 36)
    score = scores_of(targets)["kendall"]
    assert score.value is None
    assert "more than 20 million pairs" in str(score.reason)

"""What is added up: instances within a run, runs, stats and scenarios."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target
from tests.unit.scores.builder import scores_of

VALID = {"name": "exact_match", "split": "valid"}
TOKENS = {"name": "num_output_tokens", "split": "test"}


def off(run: str, error: float, instances: int = 1, **more: Any) -> dict[str, Any]:
    return target(run, predicted=0.5 + error, actual=0.5, instances=instances, **more)


def test_a_target_weighs_its_instances_within_its_run() -> None:
    """18 instances are off by 0.1 and 2 by 0.5: 0.14; each target alike would give 0.3."""
    targets = [off("a", 0.1, 18), off("a", 0.5, 2, name=VALID)]
    found = scores_of(targets)
    assert found["mae"].value == pytest.approx((18 * 0.1 + 2 * 0.5) / 20)
    assert found["bias"].value == pytest.approx(0.14)
    assert found["rmse"].value == pytest.approx(np.sqrt((18 * 0.01 + 2 * 0.25) / 20))
    assert found["max_error"].value == pytest.approx(0.5)


def test_every_run_weighs_the_same_however_many_targets_and_instances_it_has() -> None:
    targets = [off("a", 0.1, 100), off("a", 0.1, 100, name=VALID), off("b", 0.3, 5)]
    assert scores_of(targets)["mae"].value == pytest.approx((0.1 + 0.3) / 2)


def test_a_copy_of_another_target_counts_for_nothing() -> None:
    copy = off("a", 0.4, 0, name=VALID)
    alone, both = (
        scores_of([off("a", 0.1), off("b", 0.2)]),
        scores_of([off("a", 0.1), off("b", 0.2), copy]),
    )
    assert {name: score.value for name, score in both.items()} == {
        name: score.value for name, score in alone.items()
    }
    assert both["mae"].targets == 2
    counted = scores_of([off("a", 0.1), off("b", 0.2), {**copy, "instances": 1}])  # the control
    assert counted["mae"].value != alone["mae"].value


def test_targets_with_equal_actuals_are_no_copies() -> None:
    assert scores_of([off("a", 0.1), off("a", 0.3, name=VALID)])["mae"].targets == 2


def test_a_groups_score_is_that_of_its_records_alone() -> None:
    frame = records(uneven())
    for column in ("split", "stat", "scenario", "model"):
        found = score_targets(frame, (column,))
        for group in dict.fromkeys(score.group for score in found):
            alone = frame.filter(pl.col(column).eq_missing(pl.lit(group, pl.String)))
            expected = {score.metric: score for score in score_targets(alone)}
            for score in (each for each in found if each.group == group):
                of_alone = expected[score.metric]
                assert score.value == pytest.approx(of_alone.value), (column, score)
                assert score.targets == of_alone.targets


def test_replicates_of_a_run_count_as_one() -> None:
    """Three draws of run a, each in a case of its own, are averaged; b was drawn once."""
    drawn = [off("a", error, case=f"c{n}", replicate=n) for n, error in enumerate((0.1, 0.2, 0.6))]
    (score,) = score_targets(records([*drawn, off("b", 0.5)]), metrics=("mae",))
    assert score.value == pytest.approx((0.3 + 0.5) / 2)
    assert score.runs == 2


def test_a_draw_made_twice_changes_no_score_and_no_interval() -> None:
    once = [{**each, "case": "c1"} for each in uneven()]
    twice = once + [{**each, "case": "c2", "replicate": 2} for each in once]
    ends = [
        {
            score.metric: (score.value, score.low, score.high)
            for score in score_targets(records(targets), intervals=True)
        }
        for targets in (once, twice)
    ]
    for name, found in ends[0].items():
        assert found == pytest.approx(ends[1][name]), name


def uneven(seed: int = 7) -> list[dict[str, Any]]:
    """Return targets of runs that differ in stats, splits and instances; some are not predicted."""
    random = np.random.default_rng(seed)
    names = [{"name": "exact_match", "split": "test"}, VALID, {"name": "f1_score", "split": "test"}]
    return [
        target(
            f"{scenario} {model}",
            predicted=float(random.random()),
            actual=float(random.random()),
            stddev=float(random.random()) if random.random() < 0.5 else None,
            baseline=0.4,
            sample_mean=float(random.random()),
            instances=int(random.integers(0, 30)),
            name=name,
            subject=f"s{scenario}",
            model=f"m{model}",
        )
        for scenario in range(4)
        for model in range(5)
        for name in names
        if random.random() < 0.8
    ]


POLICIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "stats": {"stat_weights": {"f1_score": 3.0, "exact_match": 0.5}},
    "normalised": {"normalise": "skill", "stat_weights": {"f1_score": 3.0}},
    "scenarios": {"scenario_weights": {"MMLUScenario(subject=s1)": 4.0}},
    "normalised scenarios": {
        "normalise": "skill",
        "scenario_weights": {"MMLUScenario(subject=s1)": 4.0},
    },
}


@pytest.mark.parametrize(
    ("metric", "policy"),
    [
        (metric.name, policy)
        for metric in METRICS.values()
        if metric.kind == "stat" and metric.better
        for policy in POLICIES
        if "normalise" not in POLICIES[policy] or "skill" in metric.name
    ],
)
def test_a_comparison_weighs_targets_as_the_score_does(metric: str, policy: str) -> None:
    """The values without each scenario and model, which intervals and ranks are made of."""
    frame = records(uneven())
    rules = ScoringPolicy(primary=metric, **POLICIES[policy])
    found = replicate_primary(frame, rules)
    assert found is not None

    def value(rows: pl.DataFrame) -> float | None:
        (score,) = score_targets(rows, metrics=(metric,), policy=rules)
        return score.value

    assert found.point == pytest.approx(value(frame))
    for column, left_out in (("scenario", found.scenarios), ("model", found.models)):
        counted = frame.filter(pl.col("instances") > 0)
        groups = counted[column].unique(maintain_order=True).to_list()
        expected = [value(frame.filter(pl.col(column) != group)) for group in groups]
        assert sorted(left_out) == pytest.approx(sorted(expected))  # type: ignore[type-var]


MIXED = [
    target("a", predicted=0.6, actual=0.5, baseline=0.7, sample_mean=0.9),
    target("a", predicted=150.0, actual=100.0, baseline=200.0, sample_mean=75.0, name=TOKENS),
    target("b", predicted=0.5, actual=0.5, baseline=0.7, sample_mean=0.7),
    target("b", predicted=100.0, actual=100.0, baseline=100.0, sample_mean=75.0, name=TOKENS),
]


def test_normalised_each_stat_is_compared_with_its_baseline_then_averaged() -> None:
    """1 - 0.1 / 0.4 = 0.75 for exact_match, 1 - 50 / 100 = 0.5 for the tokens."""
    normalised = ScoringPolicy(primary="skill", normalise="skill")
    assert scores_of(MIXED, policy=normalised)["skill"].value == pytest.approx(0.625)
    assert scores_of(MIXED)["skill"].value == pytest.approx(1 - 50.1 / 100.4)  # the control
    weighted = ScoringPolicy(
        primary="skill", normalise="skill", stat_weights={"num_output_tokens": 3}
    )
    assert scores_of(MIXED, policy=weighted)["skill"].value == pytest.approx((0.75 + 1.5) / 4)
    of_sample = scores_of(MIXED, policy=normalised)["sample_skill"].value
    assert of_sample == pytest.approx(((1 - 0.1 / 0.6) + (1 - 50 / 50)) / 2)


def test_stat_weights_weigh_the_targets_of_a_run() -> None:
    weighted = ScoringPolicy(stat_weights={"exact_match": 1, "num_output_tokens": 0.001})
    found = scores_of(MIXED, policy=weighted)["mae"].value
    assert found == pytest.approx((0.1 + 0.05) / 1.001 / 2)


def test_a_stat_that_weighs_0_is_not_counted() -> None:
    weighted = ScoringPolicy(stat_weights={"num_output_tokens": 0})
    score = scores_of(MIXED, policy=weighted)["mae"]
    assert score.value == pytest.approx(0.05)
    assert score.targets == 2


def test_the_samples_own_mean_has_a_sample_skill_of_0() -> None:
    targets = [{**each, "predicted": each["sample_mean"]} for each in MIXED]
    assert scores_of(targets)["sample_skill"].value == 0
    assert scores_of([off("a", 0.1)])["sample_skill"].reason == (
        "no target has a mean over the revealed instances that is off the actual"
    )


def test_kendall_weighs_stats_by_instances_and_scenarios_alike() -> None:
    """In the stat of 18 instances the two models are in order, in that of 2 they are not."""
    targets = [
        target(
            f"r{model}",
            predicted=guess,
            actual=model / 2,
            instances=n,
            model=f"m{model}",
            name=name,
        )
        for name, n, guesses in ((VALID, 2, (0.9, 0.1)), ({"name": "exact_match"}, 18, (0.1, 0.9)))
        for model, guess in enumerate(guesses)
    ]
    assert scores_of(targets)["kendall"].value == pytest.approx((18 - 2) / 20)

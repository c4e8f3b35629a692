import numpy as np
import polars as pl
import pytest
import scipy.stats

from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target
from tests.unit.scores.builder import many_targets, scores_of, sides, values_of


def test_kendall_is_scipys_somers_d_of_the_models_in_each_scenario_and_stat() -> None:
    targets = many_targets()
    taus = []
    for subject in ("s0", "s1"):
        for stat in ("stat0", "stat1"):
            chosen = [
                each
                for each in targets
                if each["spec"]["subject"] == subject and each["name"]["name"] == stat
            ]
            taus.append(scipy.stats.somersd(*sides(chosen)).statistic)
    assert values_of(targets)["kendall"] == pytest.approx(np.mean(taus))


def test_kendall_with_weights_is_that_of_its_rows() -> None:
    """Groups of 5 and 2 runs, among them two runs of one model; each scenario is left out."""
    random = np.random.default_rng(2)
    targets = [
        target(
            f"{scenario}-{i}",
            predicted=float(random.integers(4)),
            actual=float(random.integers(4)),
            name={"name": stat},
            model=f"m{i % 4}",
            subject=scenario,
        )
        for scenario, runs in (("a", 5), ("b", 2), ("c", 5))
        for i in range(runs)
        for stat in ("s", "t")
    ]
    frame = records(targets)
    found = replicate_primary(frame, ScoringPolicy(primary="kendall"))
    assert found is not None
    for column, left_out in (("scenario", found.scenarios), ("model", found.models)):
        for value, group in zip(left_out, frame[column].unique(maintain_order=True), strict=True):
            rest = frame.filter(pl.col(column) != group)
            (score,) = score_targets(rest, metrics=("kendall",))
            assert value == pytest.approx(score.value)


def test_a_pair_with_equal_predictions_counts_as_neither_right_nor_wrong() -> None:
    """Who is sure of one pair of three, and ties the others, has a third."""
    sure = [
        target("a", predicted=0.5, actual=0.1, model="m0"),
        target("b", predicted=0.5, actual=0.2, model="m1"),
        target("c", predicted=0.9, actual=0.3, model="m2"),
    ]
    assert values_of(sure)["kendall"] == pytest.approx(2 / 3)
    tied = [{**each, "predicted": 0.5} for each in sure]
    assert values_of(tied)["kendall"] == 0


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


def test_kendall_of_too_many_pairs_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = [target(str(i), predicted=i / 9, actual=i / 9, model=f"m{i}") for i in range(9)]
    assert values_of(targets)["kendall"] == 1
    monkeypatch.setattr("runner.scores.ranking.kendall.MOST_PAIRS", 36)
    score = scores_of(targets)["kendall"]
    assert score.value is None
    assert "more than 20 million pairs" in str(score.reason)

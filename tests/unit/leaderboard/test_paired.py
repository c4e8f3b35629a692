from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import UsageError
from runner.leaderboard.paired import PairedEvaluations, Side, pair_evaluations
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_all
from runner.reports.report import Report
from runner.suites.suite import Suite
from tests.evaluation_builder import Predict, evaluate_function, off_by
from tests.suite_builder import shared_suite

DIVISION = {"method": "leave_one_out", "by": "run"}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(runs=8, targets=["exact_match"], division=DIVISION)


def report_of(suite: Suite, predict: Predict, image: str = "image", exit_code: int = 0) -> Report:
    return evaluate_function(suite, predict, image, exit_code).report


def pair(reports: Sequence[Report], metric: str | None = None) -> PairedEvaluations:
    return pair_evaluations(
        [Side.of(Path(f"r{number}"), report) for number, report in enumerate(reports)], metric
    )


def uneven(target: Target | InstanceTarget, actual: Stat) -> Stat:
    """Be off by .1, or by .4 where the actual is .3."""
    assert actual.mean is not None
    return target.predicted(actual.mean + (0.4 if round(actual.mean, 1) == 0.3 else 0.1))


def test_a_difference_is_the_firsts_score_less_the_seconds_over_all_and_in_each_group(
    suite: Suite,
) -> None:
    paired = pair([report_of(suite, off_by(0.1), "a"), report_of(suite, off_by(0.3), "b")])
    assert paired.names == ("a", "b")
    assert {each.category for each in paired.differences} == {None, "scenario", "model", "stat"}
    for each in paired.of_pair(0, 1):
        assert (each.first_value, each.second_value) == pytest.approx((0.1, 0.3))
        assert each.difference.value == pytest.approx(-0.2)
    (whole,) = [each for each in paired.differences if each.category is None]
    assert whole.targets == paired.targets.height == 8


def test_it_is_the_comparison_by_which_a_leaderboard_ranks(suite: Suite) -> None:
    reports = [report_of(suite, off_by(0.25), "a"), report_of(suite, uneven, "b")]
    board = make_leaderboard(
        choose_all({Path(f"{number}"): each for number, each in enumerate(reports)}), None
    )
    ranked = [int(str(entry.report)) for entry in board.entries]
    found = pair([reports[number] for number in ranked]).of_pair(0, 1)[0].difference
    assert found.probability_better == board.probabilities[0][1]
    assert 0.5 < found.probability_better < 1


def test_each_pair_of_three_is_compared(suite: Suite) -> None:
    paired = pair([report_of(suite, off_by(error), f"{error}") for error in (0.1, 0.2, 0.4)])
    found = {(e.first, e.second): e.difference.value for e in paired.differences if not e.category}
    assert found == pytest.approx({(0, 1): -0.1, (0, 2): -0.3, (1, 2): -0.2})


def test_the_target_in_which_they_differ_most_comes_first(suite: Suite) -> None:
    paired = pair([report_of(suite, off_by(0.2), "a"), report_of(suite, uneven, "b")])
    first, *others = paired.most_different(0, 1).iter_rows(named=True)
    assert first["actual_mean"] == pytest.approx(0.3)
    assert first["closer"] == pytest.approx(0.2)  # .2 off beside .4
    assert [row["closer"] for row in others] == pytest.approx([-0.1] * 7)
    assert first["predicted.1"] - first["predicted.0"] == pytest.approx(0.2)


def test_a_target_that_one_did_not_predict_stands_last(tmp_path: Path) -> None:
    scoring = {"missing": "worst", "range": [0.0, 1.0]}
    suite = shared_suite(runs=8, division=DIVISION, scoring=scoring)

    def lazy(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        return None if actual.mean == 0.3 else uneven(target, actual)

    paired = pair([report_of(suite, lazy, "lazy"), report_of(suite, off_by(0.2), "b")])
    missing = paired.targets.filter(pl.col("predicted.0").is_null())
    assert missing.height
    assert missing["error.0"].null_count() == 0  # the suite says what counts instead


def test_another_metric_can_be_compared(suite: Suite) -> None:
    reports = [report_of(suite, uneven, "a"), report_of(suite, off_by(0.1), "b")]
    found = pair(reports, "rmse").of_pair(0, 1)[0]
    assert found.first_value == pytest.approx(((7 * 0.01 + 0.16) / 8) ** 0.5)


def test_two_images_of_one_name_are_told_apart_by_their_directories(suite: Suite) -> None:
    same = [report_of(suite, off_by(error)) for error in (0.1, 0.2)]
    assert pair(same).names == ("image (r0)", "image (r1)")


def test_what_cannot_be_compared_is_refused_with_the_reason(suite: Suite, tmp_path: Path) -> None:
    good, broken = report_of(suite, off_by(0.1), "a"), report_of(suite, off_by(0.1), "b", 1)
    elsewhere = good.suite.model_copy(update={"digest": "sha256:other", "version": "2"})
    other = good.model_copy(update={"suite": elsewhere})
    policy = good.model_copy(update={"scoring": good.scoring.model_copy(update={"tolerance": 0.5})})
    for reports, metric, words in (
        ([good], None, "two evaluations or more"),
        ([good, other], None, "runner rescore"),
        ([good, policy], None, "another policy"),
        ([good, broken], None, r"r1 can't be compared: 8 of 8 cases not scored"),
        ([good, good], "bias", "'bias' is no metric to compare by. There are: mae"),
        ([good, good], "brier", "has no Brier to compare"),
    ):
        with pytest.raises(UsageError, match=words):
            pair(reports, metric)
    pair([good, good])  # the control


def test_groups_of_other_clusters_are_left_out(suite: Suite) -> None:
    """As of a metric of instances, of which a scored case may leave some out."""
    sides = [Side.of(Path(f"{e}"), report_of(suite, off_by(e), f"{e}")) for e in (0.1, 0.2)]
    whole = pair_evaluations(sides)
    fewer = replace(sides[1], records=sides[1].records[1:])
    assert len(pair_evaluations([sides[0], fewer]).differences) < len(whole.differences)

import numpy as np
import pytest
from numpy.typing import NDArray

from runner.scores.clusters import Replicates, jackknife_error
from runner.scores.comparison import (
    NO_INTERVAL,
    Comparisons,
    compare_all,
    pair_errors,
    rank,
)
from runner.scores.policy import ScoringPolicy
from runner.scores.rank_range import RankRange
from tests.unit.scores.simulation import mean_absolute, simulate

MAE, PEARSON = ScoringPolicy(), ScoringPolicy(primary="pearson")
SIMULATIONS = 400


def shifted(better_by: float, seed: int = 3) -> list[Replicates]:
    """Return two evaluations; the first one's errors are smaller by about this much."""
    random = np.random.default_rng(seed)
    errors = np.abs(simulate(random, 12, 10)) + 0.2
    other = errors + better_by + random.normal(0, 0.02, errors.shape)
    return [mean_absolute(errors), mean_absolute(other)]


def test_a_clear_difference_is_told_and_its_direction_follows_from_the_metric() -> None:
    pair = shifted(0.05)
    found = compare_all(pair, MAE)
    assert found.is_distinct[0, 1]
    assert found.is_better[0, 1]
    assert found.probabilities[0, 1] > 0.999
    assert found.probabilities[1, 0] < 0.001
    other = compare_all(pair, PEARSON)
    assert other.is_better[1, 0]
    assert other.probabilities[0, 1] < 0.001


@pytest.mark.parametrize("shares", [(0.2, 0.2, 0.6), (0.6, 0.1, 0.3), (0.1, 0.6, 0.3)])
def test_two_that_do_not_differ_are_told_apart_as_seldom_as_the_level_says(
    shares: tuple[float, float, float],
) -> None:
    """At most .06 of 400 simulations, plus 2.6 of the simulation's standard errors."""
    random = np.random.default_rng(7)
    told = [
        compare_all(
            [mean_absolute(simulate(random, 12, 10, shares)) for _ in range(2)], MAE
        ).is_distinct[0, 1]
        for _ in range(SIMULATIONS)
    ]
    assert np.mean(told) <= 0.06 + 2.6 * np.sqrt(0.06 * 0.94 / SIMULATIONS)


def test_control_two_that_do_not_differ_are_told_apart_often_if_runs_count_as_independent() -> None:
    random = np.random.default_rng(7)
    told = [
        compare_all(
            [
                mean_absolute(simulate(random, 12, 10, (0.1, 0.6, 0.3)).reshape(-1, 1))
                for _ in range(2)
            ],
            MAE,
        ).is_distinct[0, 1]
        for _ in range(SIMULATIONS)
    ]
    assert np.mean(told) > 0.2


def twenty_equal(random: np.random.Generator) -> list[Replicates]:
    """Return evaluations of the same runs with the same expected error."""
    runs = simulate(random, 12, 10)
    return [mean_absolute(runs + simulate(random, 12, 10, (0.1, 0.1, 0.8))) for _ in range(20)]


def test_ranks_of_twenty_equal_entries_hold_together() -> None:
    """A board tells two of 20 equal entries apart in at most 5 % of 200, and some noise."""
    random = np.random.default_rng(1)
    boards = [compare_all(twenty_equal(random), MAE) for _ in range(200)]
    false = np.mean([board.is_distinct.any() for board in boards])
    assert false <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 200)


def test_control_pair_by_pair_most_boards_of_equal_entries_tell_some_apart() -> None:
    random = np.random.default_rng(1)
    boards = [compare_all(twenty_equal(random), MAE) for _ in range(50)]
    assert np.mean([(board.probabilities > 0.975).any() for board in boards]) > 0.5


def test_an_evaluation_compared_with_itself_is_even() -> None:
    first, _ = shifted(0.0)
    found = compare_all([first, first], MAE)
    assert (found.probabilities == 0.5).all()
    assert not found.is_distinct.any()


def test_a_difference_below_the_suites_tolerance_is_none() -> None:
    first, _ = shifted(0.0)
    offset = 1e-10

    def moved(by: float) -> Replicates:
        values = (first.scenarios, first.models, first.pairs)
        return Replicates(first.point + by, *(each + by for each in values))

    assert not compare_all([first, moved(offset)], MAE).is_distinct.any()
    exact = ScoringPolicy(tolerance=0)
    assert compare_all([first, moved(offset)], exact).is_distinct[0, 1]


def test_one_scenario_and_one_model_tell_nothing_apart() -> None:
    few = np.full((1, 1), 0.1)
    found = compare_all([mean_absolute(few), mean_absolute(few + 0.5)], MAE)
    assert (found.probabilities == 0.5).all()
    assert [str(each) for each in rank(found)] == ["1-2, tied", "1-2, tied"]


def test_evaluations_of_other_runs_cannot_be_compared() -> None:
    random = np.random.default_rng(1)
    first, second = (mean_absolute(simulate(random, 5, models)) for models in (4, 5))
    with pytest.raises(ValueError, match="same runs"):
        compare_all([first, second], MAE)


def test_a_difference_has_the_interval_of_students_t_over_what_leaving_out_clusters_changes() -> (
    None
):
    """Three scenarios of one model: errors .1, .2, .3 beside .2, .2, .5, so -.1, 0 and -.2."""
    first, second = (
        mean_absolute(np.array([errors]).T) for errors in ([0.1, 0.2, 0.3], [0.2, 0.2, 0.5])
    )
    found = compare_all([first, second], MAE).difference(0, 1)
    # The standard error of a mean of three is their standard deviation, .1, by the root of three.
    half = 4.302652729911275 * 0.1 / np.sqrt(3)  # scipy.stats.t.ppf(0.975, 2)
    assert found.value == pytest.approx(-0.1)
    assert (found.low, found.high) == pytest.approx((-0.1 - half, -0.1 + half))
    assert 0.5 < found.probability_better < 0.975  # 0 is within the interval
    assert found.note == "few scenarios: 3, few models: 1"


def test_the_other_way_round_a_difference_is_the_same_with_the_other_sign() -> None:
    table = compare_all(shifted(0.05), MAE)
    one, other = table.difference(0, 1), table.difference(1, 0)
    assert (one.low, one.high) == pytest.approx((-(other.high or 0), -(other.low or 0)))
    assert one.probability_better == pytest.approx(1 - other.probability_better)


def test_a_difference_of_one_scenario_and_one_model_has_no_interval_and_says_why() -> None:
    few = np.full((1, 1), 0.1)
    found = compare_all([mean_absolute(few), mean_absolute(few + 0.5)], MAE).difference(0, 1)
    assert (found.low, found.high, found.note) == (None, None, NO_INTERVAL)
    assert found.value == pytest.approx(-0.5)


@pytest.mark.parametrize("size", [1e-150, 1.0, 1e150])
def test_errors_of_all_pairs_are_those_of_each_difference(size: float) -> None:
    """Some entries are near copies of others, and some are far larger than the rest."""
    random = np.random.default_rng(2)
    values = random.random((12, 7))
    values[3] = values[2] + 1e-9 * random.random(7)
    values[4] = values[2]
    values[5] = 0.25
    values[6] *= 1e90
    values *= size
    values[8, 2] = np.nan
    for some in (slice(0, 5), slice(5, 12)):
        expected = jackknife_error(values[some, np.newaxis] - values)
        assert pair_errors(values, some) == pytest.approx(expected, rel=1e-8, nan_ok=True, abs=0)


def test_no_evaluations_have_no_ranks() -> None:
    assert rank(compare_all([], MAE)) == []


def test_ranks_run_from_behind_the_distinctly_better_to_before_the_distinctly_worse() -> None:
    """a and b can't be told apart, nor b and c; a is better than c; all are better than d."""
    is_distinct: NDArray[np.bool_] = np.zeros((4, 4), dtype=bool)
    for i, j in ((0, 2), (0, 3), (1, 3), (2, 3)):
        is_distinct[i, j] = is_distinct[j, i] = True
    is_better = np.triu(np.ones((4, 4), dtype=bool), 1)
    even, none = np.full((4, 4), 0.5), np.zeros((4, 4))
    ranges = rank(Comparisons(even, is_distinct, is_better, none, none, 3, None))
    assert ranges == [RankRange(1, 2), RankRange(1, 3), RankRange(2, 3), RankRange(4, 4)]
    assert [str(each) for each in ranges] == ["1-2, tied", "1-3, tied", "2-3, tied", "4"]

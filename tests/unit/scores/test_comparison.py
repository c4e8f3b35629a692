import numpy as np
import pytest
from numpy.typing import NDArray

from runner.scores.comparison import Comparison, RankRange, compare, compare_all, rank
from runner.scores.policy import ScoringPolicy
from runner.scores.resampling import Replicates, Resampling, make_interval
from tests.unit.scores.simulation import replicates, simulate

MAE, SKILL = ScoringPolicy(), ScoringPolicy(primary="skill")


def shifted(better_by: float, seed: int = 3) -> tuple[Replicates, Replicates]:
    """Return two evaluations; the first one's errors are smaller by about this much."""
    random = np.random.default_rng(seed)
    errors = np.abs(simulate(random)) + 0.2
    other = errors + better_by + random.normal(0, 0.02, errors.shape)
    return replicates(errors, Resampling(1000)), replicates(other, Resampling(1000))


def test_a_clear_difference_is_told_and_its_direction_follows_from_the_metric() -> None:
    first, second = shifted(0.05)
    found = compare(first, second, MAE, 0.95)
    assert found.is_distinct
    assert found.probability_better == 1
    assert found.difference == pytest.approx(-0.05, abs=0.01)
    assert compare(first, second, SKILL, 0.95).probability_better == 0


def test_two_that_do_not_differ_are_told_apart_as_seldom_as_the_level_says() -> None:
    """Of 400 simulations in 5 %, give or take 2.6 of the simulation's standard errors."""
    told = [compare(*shifted(0.0, seed), MAE, 0.95).is_distinct for seed in range(400)]
    assert np.mean(told) == pytest.approx(0.05, abs=2.6 * np.sqrt(0.05 * 0.95 / 400))


def test_an_evaluation_compared_with_itself_is_even() -> None:
    first, _ = shifted(0.0)
    found = compare(first, first, MAE, 0.95)
    assert (found.difference, found.probability_better, found.is_distinct) == (0, 0.5, False)


def test_four_runs_tell_nothing_apart() -> None:
    few = np.full((4, 2), 0.1)
    found = compare(replicates(few, Resampling()), replicates(few + 0.5, Resampling()), MAE, 0.95)
    assert found.probability_better == 1
    assert not found.is_distinct


def comparison(difference: float, is_distinct: bool) -> Comparison:
    return Comparison(difference, 0.5, is_distinct)


def test_all_pairs_are_compared_as_each_is_by_its_interval() -> None:
    random = np.random.default_rng(5)
    errors = [np.abs(simulate(random)) + by for by in (0.0, 0.0, 0.02, 0.5)]
    many = [replicates(each, Resampling(500)) for each in errors]
    table = compare_all(many, MAE, 0.95)
    for i, first in enumerate(many):
        for j, second in enumerate(many):
            difference = Replicates(
                first.point - second.point,
                first.resampled - second.resampled,
                first.left_out - second.left_out,
                first.runs,
            )
            interval = make_interval(difference, 0.95)
            assert interval.low is not None
            assert interval.high is not None
            found = table[i][j]
            assert found.is_distinct == (interval.low > 0 or interval.high < 0)
            assert found.difference == pytest.approx(difference.point, abs=1e-12)
            better = compare(first, second, MAE, 0.95).probability_better
            assert found.probability_better == pytest.approx(better, abs=1e-12)
    assert any(each.is_distinct for row in table for each in row)
    assert not all(each.is_distinct for each in table[0][1:])


def test_ranks_run_from_behind_the_distinctly_better_to_before_the_distinctly_worse() -> None:
    """a and b can't be told apart, nor b and c; a is better than c; all are better than d."""
    errors: NDArray[np.float64] = np.array([0.1, 0.2, 0.3, 0.9])
    distinct = {(0, 2), (0, 3), (1, 3), (2, 3)}
    table = [
        [comparison(errors[i] - errors[j], (min(i, j), max(i, j)) in distinct) for j in range(4)]
        for i in range(4)
    ]
    ranges = rank(table, MAE)
    assert ranges == [RankRange(1, 2), RankRange(1, 3), RankRange(2, 3), RankRange(4, 4)]
    assert [str(each) for each in ranges] == ["1-2, tied", "1-3, tied", "2-3, tied", "4"]
    assert rank(table, SKILL)[3] == RankRange(1, 1)

import numpy as np
import polars as pl
import pytest

from runner.scores.ranking import numbering
from runner.scores.ranking.numbering import (
    combine,
    find_firsts,
    number_in_order,
    number_values,
    sort_rows,
)


def test_rows_have_the_same_number_if_they_are_the_same_in_every_part() -> None:
    texts = number_values(pl.Series(["b", None, "b", "a", None]))
    numbers = combine([texts, number_values(pl.Series([1, 1, 1, 1, 2]))], 5)
    assert len(set(numbers)) == 4
    assert numbers[0] == numbers[2]
    assert sorted(set(numbers)) == [0, 1, 2, 3]


def test_fractions_are_numbered_apart() -> None:
    numbers = number_values(pl.Series([0.25, -0.5, 0.0, None, 0.25, 0.75]))
    assert numbers[0] == numbers[4]
    assert len(set(numbers)) == 5


def test_numbers_can_be_those_of_the_order_in_which_they_come() -> None:
    assert list(number_in_order(np.array([2, 2, 0, 1, 0]))) == [0, 0, 1, 2, 1]
    assert list(find_firsts(np.array([2, 2, 0, 1, 0]))) == [2, 3, 0]


@pytest.mark.parametrize("largest", [3, 70_000])
@pytest.mark.parametrize("most_rows", [2**32, 2])
def test_rows_are_sorted_equal_ones_in_their_own_order(
    monkeypatch: pytest.MonkeyPatch, largest: int, most_rows: int
) -> None:
    monkeypatch.setattr(numbering, "MOST_ROWS", most_rows)
    numbers = np.array([largest, 1, largest, 0, 1])
    assert list(sort_rows(numbers)) == [3, 1, 4, 0, 2]

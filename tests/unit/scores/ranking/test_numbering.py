import numpy as np
import polars as pl
import pytest

from runner.scores.ranking import numbering
from runner.scores.ranking.numbering import (
    combine,
    find_firsts,
    match_hashes,
    number_in_order,
    number_values,
    sort_rows,
)
from tests.records_builder import records, target

HIGH = 1 << 63


def hashes(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array([HIGH + (value << 20) for value in values], dtype=np.uint64)


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


def test_hashes_are_matched_in_any_order_and_some_may_be_on_one_side_only() -> None:
    found = match_hashes(hashes(7, 8, 9), hashes(9, 7, 8))
    assert found is not None
    assert list(found) == [2, 0, 1]
    found = match_hashes(hashes(7, 8), hashes(9, 7, 6))
    assert found is not None
    assert list(found) == [-1, 0, -1]
    found = match_hashes(hashes(), hashes(9))
    assert found is not None
    assert list(found) == [-1]


def test_hashes_that_are_not_distinct_are_not_matched() -> None:
    assert match_hashes(hashes(7, 7), hashes(7)) is None
    assert match_hashes(hashes(7), hashes(8, 8)) is None


def test_keys_whose_hashes_collide_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that are all the same, or the wrong way round, leave the pairs as they are."""
    targets = [target(f"run{i}", predicted=i / 10, actual=0.0) for i in range(3)]
    expected = records(targets)

    def all_the_same(frame: pl.DataFrame) -> pl.Series:
        return pl.Series([HIGH] * frame.height, dtype=pl.UInt64)

    def wrong_way_round(frame: pl.DataFrame) -> pl.Series:
        given = [HIGH + (i << 20) for i in range(frame.height)]
        is_predicted = turn.pop()
        return pl.Series(given if is_predicted else given[::-1], dtype=pl.UInt64)

    turn = [False, True]
    for hash_rows in (all_the_same, wrong_way_round):
        monkeypatch.setattr(pl.DataFrame, "hash_rows", hash_rows)
        assert records(targets).equals(expected)

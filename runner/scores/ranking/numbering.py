"""Numbers in place of rows' values: fast joins, groups and ranks of many targets use them."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
"""(rows,): from 0 and without gaps; rows with equal values have the same number."""

SMALL_NUMBERS = 2**16
MOST_ROWS = 2**32
DENSE = 16


def number_values(values: pl.Series) -> Numbers:
    """Return a number for each value; null is a value of its own.

    Which value has which number may differ from process to process.
    """
    if values.null_count() == len(values):
        return np.zeros(len(values), dtype=np.int64)
    if values.dtype == pl.String:
        values = values.cast(pl.Categorical)
    if values.dtype.is_float():  # whole numbers would lose what is behind the point
        values = values.rank("dense")
    if values.dtype == pl.Categorical:
        values = values.to_physical()
    codes = values.cast(pl.Int64)
    if codes.null_count():
        codes = codes.fill_null(-1)
    return close_gaps(codes.to_numpy() + 1)


def number_in_order(numbers: Numbers) -> Numbers:
    """Renumber in the order of first appearance."""
    places = np.argsort(np.argsort(find_firsts(numbers)))
    found: Numbers = places[numbers]
    return found


def combine(parts: Iterable[Numbers], rows: int) -> Numbers:
    """Return a number for each row, the same for rows that have the same number in every part."""
    numbers = np.zeros(rows, dtype=np.int64)
    for part in parts:
        if part.any():
            numbers = close_gaps(numbers * (int(part.max()) + 1) + part)
    return numbers


def close_gaps(numbers: NDArray[np.int64]) -> Numbers:
    """Renumber densely, keeping order."""
    if not len(numbers):
        return numbers
    largest = int(numbers.max())
    if largest > DENSE * len(numbers):
        return np.unique(numbers, return_inverse=True)[1]
    is_there = np.zeros(largest + 1, dtype=np.bool_)
    is_there[numbers] = True
    if is_there.all():
        return numbers
    places: Numbers = (np.cumsum(is_there) - 1)[numbers]
    return places


def find_firsts(numbers: Numbers) -> NDArray[np.int64]:
    """Return, for each number, the first row that has it."""
    firsts = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]  # what is written last stays
    return firsts


def shorten(numbers: Numbers) -> NDArray[np.uint16] | Numbers:
    """Return the numbers in two bytes each, if they fit: more of them fit the processor's cache."""
    return numbers.astype(np.uint16) if int(numbers.max(initial=0)) < SMALL_NUMBERS else numbers


def sort_rows(numbers: NDArray[np.uint16] | Numbers) -> NDArray[np.int64]:
    """Return the rows in ascending order of their numbers, equal ones in their own order."""
    if int(numbers.max(initial=0)) < SMALL_NUMBERS:
        return np.argsort(numbers.astype(np.uint16), kind="stable")  # a radix sort
    if max(int(numbers.max()), len(numbers)) >= MOST_ROWS:
        return np.argsort(numbers, kind="stable")
    # Sorting values is several times as fast as sorting their positions.
    packed = numbers.astype(np.uint64) << np.uint64(32) | np.arange(len(numbers), dtype=np.uint64)
    return (np.sort(packed) & np.uint64(MOST_ROWS - 1)).astype(np.int64)

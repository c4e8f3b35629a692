"""Flat columns of several runs -> the frame of each.

A call of Arrow or Polars takes as long as reading some hundred bytes or more. So the cells of all
runs become one array where this gives each run's the type that they have alone. No run's columns
or types depend on the others'.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np
import polars as pl
import pyarrow as pa

from runner.contract.layout import RUN_NAME
from runner.helm_outputs.columns import Absent, Bounds, Cells, UnlikeRunsError, to_array
from runner.helm_outputs.shapes import SHAPES, Shape

Arrays = dict[str, pa.Array]


@dataclass
class Tables:
    """The columns of several runs.

    Attributes:
        shared: columns of all runs, one below the other.
        own: columns of each run alone, also in place of a shared one.
        lacking: of each run, which of the shared columns it has not.
    """

    shared: Arrays = field(default_factory=dict)
    own: list[Arrays] = field(default_factory=list)
    lacking: list[set[str]] = field(default_factory=list)


def to_frames(
    columns: dict[str, Cells],
    heights: Sequence[int],
    once: Mapping[str, Cells] | None = None,
    orders: Sequence[Sequence[str]] | None = None,
) -> list[pl.DataFrame]:
    """Return the frame of each run, without the columns that only other runs have.

    Args:
        columns: of all runs, one below the other. They are used up, to need less memory.
        heights: how many rows each run has.
        once: columns with one cell for each run, which stands in all of its rows.
        orders: the names of each run's columns in order; by default the run's name comes first.
    """
    tables = _of_cells(dict(once or {}), np.arange(len(heights) + 1))
    _repeat(tables, heights)
    bounds = np.cumsum([0, *heights])
    of_rows = _of_cells(columns, bounds)
    tables.shared |= of_rows.shared
    for number, (own, lacking) in enumerate(zip(of_rows.own, of_rows.lacking, strict=True)):
        tables.own[number] |= own
        tables.lacking[number] |= lacking
    if orders is None:
        orders = [
            sorted((tables.shared.keys() - lacking) | own.keys(), key=by_name)
            for own, lacking in zip(tables.own, tables.lacking, strict=True)
        ]
    return _slice(tables, bounds, orders)


def by_name(name: str) -> tuple[bool, str]:
    """Return what sorts a run's columns: its name comes first."""
    return name != RUN_NAME, name


def _of_cells(columns: dict[str, Cells], bounds: Bounds) -> Tables:
    """Return the columns as arrays. They are used up."""
    runs = len(bounds) - 1
    tables = Tables({}, [{} for _ in range(runs)], [set() for _ in range(runs)])
    for name in list(columns):
        cells, shape = columns.pop(name), SHAPES.get(name)
        others: Iterable[int] = range(runs)
        with suppress(UnlikeRunsError):
            tables.shared[name] = to_array(cells, shape, bounds)
            others = _runs_without_cells(tables.shared[name], bounds) if runs > 1 else ()
        cells_of_runs = _of_runs(cells, bounds) if others else {}
        for number in others:
            tables.lacking[number].add(name)
        for number, array in _arrays_of_runs({each: cells_of_runs[each] for each in others}, shape):
            tables.own[number][name] = array
    return tables


def _of_runs(cells: Cells, bounds: Bounds) -> dict[int, Cells]:
    return {
        number: cells[start:end] for number, (start, end) in enumerate(pairwise(bounds.tolist()))
    }


def _arrays_of_runs(runs: Mapping[int, Cells], shape: Shape) -> Iterator[tuple[int, pa.Array]]:
    """Yield the array of each run that has the column, made together of those that look alike."""
    for look, group in _group_by_look(runs).items():
        if look == {Absent}:
            continue
        bounds = np.cumsum([0, *(len(runs[number]) for number in group)])
        try:
            together = list(chain.from_iterable(runs[number] for number in group))
            array = to_array(together, shape, bounds)
        except UnlikeRunsError:
            for number in group:
                yield number, to_array(runs[number], shape, np.array([0, len(runs[number])]))
        else:
            for number, (start, end) in zip(group, pairwise(bounds.tolist()), strict=True):
                yield number, array[start:end]


def _group_by_look(runs: Mapping[int, Cells]) -> dict[frozenset[object], list[int]]:
    groups: dict[frozenset[object], list[int]] = {}
    for number, cells in runs.items():
        groups.setdefault(_look(cells), []).append(number)
    return groups


def _look(cells: Cells) -> frozenset[object]:
    """Return the types of cells, and of items of lists, with the keys of objects."""
    items = chain.from_iterable(cell for cell in cells if type(cell) is list)
    looks = (tuple(item) if type(item) is dict else type(item) for item in items)
    return frozenset(map(type, cells)).union(looks)


def _runs_without_cells(array: pa.Array, bounds: Bounds) -> list[int]:
    if array.null_count == 0:
        return []
    before = np.cumsum([0, *array.is_valid().to_numpy(zero_copy_only=False)])
    return [int(number) for number in np.flatnonzero(np.diff(before[bounds]) == 0)]


def _repeat(tables: Tables, heights: Sequence[int]) -> None:
    """Let arrays with one cell for each run have it in all of the run's rows."""
    rows = pa.array(np.repeat(np.arange(len(heights)), heights))
    tables.shared = {name: array.take(rows) for name, array in tables.shared.items()}
    for own, height in zip(tables.own, heights, strict=True):
        for name, array in own.items():
            own[name] = pa.concat_arrays([array] * height)


def _slice(tables: Tables, bounds: Bounds, orders: Sequence[Sequence[str]]) -> list[pl.DataFrame]:
    """Return the frame of each run; those of the same columns and types are slices of one."""
    groups: dict[object, list[int]] = {}
    for number, (own, order) in enumerate(zip(tables.own, orders, strict=True)):
        types = tuple(own[name].type for name in order if name in own)
        groups.setdefault((tuple(order), types), []).append(number)
    whole = pl.DataFrame(pa.table(tables.shared))
    starts, heights = bounds[:-1].tolist(), np.diff(bounds).tolist()
    frames: dict[int, pl.DataFrame] = {}
    for group in groups.values():
        own = {name: _in_place(tables.own, name, group, heights) for name in tables.own[group[0]]}
        columns = [own[name] if name in own else whole[name] for name in orders[group[0]]]
        together = pl.DataFrame(columns)
        for number in group:
            frames[number] = together.slice(starts[number], heights[number])
    return [frames[number] for number in range(len(heights))]


def _in_place(
    own: Sequence[Arrays], name: str, group: Sequence[int], heights: Sequence[int]
) -> pl.Series:
    """Return a column of some runs, with nulls where the rows of others are."""
    dtype = own[group[0]][name].type
    members = set(group)
    parts = [
        own[number][name] if number in members else pa.nulls(height, dtype)
        for number, height in enumerate(heights)
    ]
    return pl.Series(name, pa.concat_arrays(parts))

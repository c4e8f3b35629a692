"""Flat columns of several runs -> the frame of each.

A call of Arrow or Polars takes as long as reading some hundred bytes or more. So the cells of all
runs become one series where this gives each run's the type that they have alone. No run's columns
or types depend on the others'.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.helm_outputs.columns import Absent, Bounds, Cells, UnlikeRunsError, to_series
from runner.helm_outputs.shapes import SHAPES, Shape

Columns = dict[str, pl.Series]
"""Columns by name; the series have no names of their own."""


@dataclass
class Tables:
    """The columns of several runs.

    Attributes:
        shared: columns of all runs, one below the other.
        own: columns of each run alone, also in place of a shared one.
        lacking: of each run, which of the shared columns it has not.
    """

    shared: Columns = field(default_factory=dict)
    own: list[Columns] = field(default_factory=list)
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
        orders = _orders(tables)
    return _slice(tables, bounds, orders)


def cut_series(
    columns: Columns, heights: Sequence[int], run_names: Sequence[str]
) -> list[pl.DataFrame]:
    """Return the frame of each run, without the columns that have no cell in it.

    A run without rows has its name's column alone.

    Args:
        columns: of all runs, one below the other.
        heights: how many rows each run has.
    """
    bounds = np.cumsum([0, *heights])
    names = {RUN_NAME: pl.Series(run_names, dtype=pl.String)}
    lacking = [set() if height else set(columns) for height in heights]
    tables = Tables(names, [{} for _ in heights], lacking)
    _repeat(tables, heights)
    tables.shared |= columns
    for name, series in columns.items():
        for number in _runs_without_cells(series, bounds):
            lacking[number].add(name)
    return _slice(tables, bounds, _orders(tables))


def _orders(tables: Tables) -> list[Sequence[str]]:
    """Return the names of each run's columns, sorted; runs of the same columns share them."""
    known: dict[object, Sequence[str]] = {}
    orders = []
    for own, lacking in zip(tables.own, tables.lacking, strict=True):
        key = (frozenset(own), frozenset(lacking))
        if key not in known:
            known[key] = sorted((tables.shared.keys() - lacking) | own.keys(), key=by_name)
        orders.append(known[key])
    return orders


def by_name(name: str) -> tuple[bool, str]:
    """Return what sorts a run's columns: its name comes first."""
    return name != RUN_NAME, name


def _of_cells(columns: dict[str, Cells], bounds: Bounds) -> Tables:
    """Return the columns as series. They are used up."""
    runs = len(bounds) - 1
    tables = Tables({}, [{} for _ in range(runs)], [set() for _ in range(runs)])
    for name in list(columns):
        cells, shape = columns.pop(name), SHAPES.get(name)
        others: Iterable[int] = range(runs)
        with suppress(UnlikeRunsError):
            tables.shared[name] = to_series(cells, shape, bounds)
            others = _runs_without_cells(tables.shared[name], bounds) if runs > 1 else ()
        cells_of_runs = _of_runs(cells, bounds) if others else {}
        for number in others:
            tables.lacking[number].add(name)
        for number, series in _series_of_runs(
            {each: cells_of_runs[each] for each in others}, shape
        ):
            tables.own[number][name] = series
    return tables


def _of_runs(cells: Cells, bounds: Bounds) -> dict[int, Cells]:
    return {
        number: cells[start:end] for number, (start, end) in enumerate(pairwise(bounds.tolist()))
    }


def _series_of_runs(runs: Mapping[int, Cells], shape: Shape) -> Iterator[tuple[int, pl.Series]]:
    """Yield the series of each run that has the column, made together of those that look alike."""
    for look, group in _group_by_look(runs).items():
        if look == {Absent}:
            continue
        bounds = np.cumsum([0, *(len(runs[number]) for number in group)])
        try:
            together = list(chain.from_iterable(runs[number] for number in group))
            series = to_series(together, shape, bounds)
        except UnlikeRunsError:
            for number in group:
                yield number, to_series(runs[number], shape, np.array([0, len(runs[number])]))
        else:
            for number, (start, end) in zip(group, pairwise(bounds.tolist()), strict=True):
                yield number, series.slice(start, end - start)


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


def _runs_without_cells(series: pl.Series, bounds: Bounds) -> list[int]:
    if not series.null_count():
        return []
    before = np.concatenate([[0], np.cumsum(series.is_not_null().to_numpy())])
    return [int(number) for number in np.flatnonzero(np.diff(before[bounds]) == 0)]


def _repeat(tables: Tables, heights: Sequence[int]) -> None:
    """Let series with one cell for each run have it in all of the run's rows."""
    rows = pl.Series(np.repeat(np.arange(len(heights)), heights))
    tables.shared = {name: series[rows] for name, series in tables.shared.items()}
    for own, height in zip(tables.own, heights, strict=True):
        for name, series in own.items():
            own[name] = series.new_from_index(0, height)


def _slice(tables: Tables, bounds: Bounds, orders: Sequence[Sequence[str]]) -> list[pl.DataFrame]:
    """Return the frame of each run; those of the same columns and types are slices of one."""
    groups: dict[object, list[int]] = {}
    for number, (own, order) in enumerate(zip(tables.own, orders, strict=True)):
        types = tuple(own[name].dtype for name in order if name in own)
        groups.setdefault((tuple(order), types), []).append(number)
    starts, heights = bounds[:-1].tolist(), np.diff(bounds).tolist()
    frames: dict[int, pl.DataFrame] = {}
    for group in groups.values():
        own = {name: _in_place(tables.own, name, group, heights) for name in tables.own[group[0]]}
        columns = tables.shared | own
        together = pl.DataFrame({name: columns[name] for name in orders[group[0]]})
        for number in group:
            frames[number] = together.slice(starts[number], heights[number])
    return [frames[number] for number in range(len(heights))]


def _in_place(
    own: Sequence[Columns], name: str, group: Sequence[int], heights: Sequence[int]
) -> pl.Series:
    """Return a column of some runs, with nulls where the rows of others are."""
    whole = pl.concat([own[number][name] for number in group], rechunk=True)
    if len(group) == len(heights):
        return whole
    members = np.isin(np.arange(len(heights)), group).repeat(heights)
    return whole[pl.Series(np.cumsum(members) - 1).set(~pl.Series(members), None)]

"""Flat columns of several runs -> the frame of each.

A call of Arrow or Polars takes as long as reading some hundred bytes or more. So the cells of all
runs become one series where this gives each run's the type that they have alone. No run's columns
or types depend on the others'.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.helm_outputs.columns import ABSENT, Absent, Bounds, Cells, UnlikeRunsError, to_series
from runner.helm_outputs.shapes import SHAPES, Shape

Columns = dict[str, pl.Series]
"""Columns by name; the series have no names of their own."""


class OwnColumn(NamedTuple):
    """A column of one run alone.

    Attributes:
        type_number: the same for columns of the same type: Polars takes long to compare two.
    """

    series: pl.Series
    type_number: int


@dataclass
class Tables:
    """The columns of several runs.

    Attributes:
        shared: columns of all runs, one below the other.
        own: columns of each run alone, also in place of a shared one.
        lacking: of each run, which of the shared columns it has not.
    """

    shared: Columns = field(default_factory=dict)
    own: list[dict[str, OwnColumn]] = field(default_factory=list)
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
    type_numbers: dict[pl.DataType, int] = {}
    tables = _of_cells(dict(once or {}), np.arange(len(heights) + 1), type_numbers)
    _repeat(tables, heights)
    bounds = np.cumsum([0, *heights])
    of_rows = _of_cells(columns, bounds, type_numbers)
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
    for name, numbers in _runs_without_cells(columns, bounds).items():
        for number in numbers:
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


def _of_cells(
    columns: dict[str, Cells], bounds: Bounds, type_numbers: dict[pl.DataType, int]
) -> Tables:
    """Return the columns as series. They are used up.

    Args:
        type_numbers: of own columns; gets those of types that it has not.
    """
    runs = len(bounds) - 1
    tables = Tables({}, [{} for _ in range(runs)], [set() for _ in range(runs)])
    for name in list(columns):
        cells = columns.pop(name)
        others = list(range(runs))
        try:
            series = tables.shared[name] = to_series(cells, SHAPES.get(name), bounds)
        except UnlikeRunsError:
            cells_of_runs = _of_runs(cells, bounds)
        else:
            if runs == 1 or not series.null_count():
                continue
            cells_of_runs = _of_runs(cells, bounds)
            others = [number for number in others if not any(map(_is_cell, cells_of_runs[number]))]
        for number in others:
            tables.lacking[number].add(name)
        cells_of_others = {number: cells_of_runs[number] for number in others}
        for series_of_runs in _series_of_runs(cells_of_others, SHAPES.get(name)):
            type_number = type_numbers.setdefault(series_of_runs[0][1].dtype, len(type_numbers))
            for number, series in series_of_runs:
                tables.own[number][name] = OwnColumn(series, type_number)
    return tables


def _is_cell(cell: Any) -> bool:
    return cell is not None and cell is not ABSENT


def _of_runs(cells: Cells, bounds: Bounds) -> list[Cells]:
    return [cells[start:end] for start, end in pairwise(bounds.tolist())]


def _series_of_runs(
    runs: Mapping[int, Cells], shape: Shape
) -> Iterator[list[tuple[int, pl.Series]]]:
    """Yield the series of runs that have the column, those of one type at a time.

    They are made together for runs that look alike.
    """
    for look, group in _group_by_look(runs).items():
        if look == {Absent}:
            continue
        bounds = np.cumsum([0, *(len(runs[number]) for number in group)])
        try:
            together = list(chain.from_iterable(runs[number] for number in group))
            series = to_series(together, shape, bounds)
        except UnlikeRunsError:
            for number in group:
                series = to_series(runs[number], shape, np.array([0, len(runs[number])]))
                yield [(number, series)]
        else:
            places = zip(group, pairwise(bounds.tolist()), strict=True)
            yield [(number, series.slice(start, end - start)) for number, (start, end) in places]


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


def _runs_without_cells(columns: Columns, bounds: Bounds) -> dict[str, list[int]]:
    """Return the runs that have no cell of a column, for columns with nulls."""
    with_nulls = [series.alias(name) for name, series in columns.items() if series.null_count()]
    if not with_nulls:
        return {}
    is_cell = pl.DataFrame(with_nulls).select(pl.all().is_not_null()).to_numpy()
    has_rows = np.diff(bounds) > 0
    lacks = np.ones((len(has_rows), len(with_nulls)), bool)
    # A run's rows end where those of the next run that has any begin.
    lacks[has_rows] = ~np.logical_or.reduceat(is_cell, bounds[:-1][has_rows], axis=0)
    return {
        series.name: np.flatnonzero(lacks[:, place]).tolist()
        for place, series in enumerate(with_nulls)
    }


def _repeat(tables: Tables, heights: Sequence[int]) -> None:
    """Let series with one cell for each run have it in all of the run's rows."""
    rows = pl.Series(np.repeat(np.arange(len(heights)), heights))
    tables.shared = {name: series[rows] for name, series in tables.shared.items()}
    for own, height in zip(tables.own, heights, strict=True):
        for name, column in own.items():
            own[name] = column._replace(series=column.series.new_from_index(0, height))


def _slice(tables: Tables, bounds: Bounds, orders: Sequence[Sequence[str]]) -> list[pl.DataFrame]:
    """Return the frame of each run; those of the same columns and types are slices of one."""
    groups: dict[object, list[int]] = {}
    for number, (own, order) in enumerate(zip(tables.own, orders, strict=True)):
        types = tuple(own[name].type_number for name in order if name in own)
        groups.setdefault((tuple(order), types), []).append(number)
    starts, heights = bounds[:-1].tolist(), np.diff(bounds).tolist()
    frames: dict[int, pl.DataFrame] = {}
    for group in groups.values():
        columns = dict(tables.shared)
        for name in tables.own[group[0]]:
            own_series = [tables.own[number][name].series for number in group]
            columns[name] = _in_place(own_series, group, heights)
        together = pl.DataFrame([columns[name].alias(name) for name in orders[group[0]]])
        for number in group:
            frames[number] = together.slice(starts[number], heights[number])
    return [frames[number] for number in range(len(heights))]


def _in_place(own: Sequence[pl.Series], group: Sequence[int], heights: Sequence[int]) -> pl.Series:
    """Return a column of some runs, with nulls where the rows of others are."""
    whole = pl.concat(own, rechunk=True)
    if len(group) == len(heights):
        return whole
    members = np.isin(np.arange(len(heights)), group).repeat(heights)
    return whole[pl.Series(np.cumsum(members) - 1).set(~pl.Series(members), None)]

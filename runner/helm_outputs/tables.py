"""Flat columns of several runs -> the frame of each.

A call of Arrow or Polars takes as long as reading some hundred bytes or more. So the cells of all
runs become one array where this gives each run's the type that they have alone. No run's columns
or types depend on the others'.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa

from runner.helm_outputs.columns import Absent, Bounds, Cells, UnlikeRunsError, to_array
from runner.helm_outputs.shapes import SHAPES

Arrays = dict[str, pa.Array]


def to_frames(
    columns: dict[str, Cells], heights: Sequence[int], orders: Sequence[Sequence[str]] | None = None
) -> list[pl.DataFrame]:
    """Return the frame of each run, without the columns that only other runs have.

    Args:
        columns: of all runs, one below the other. They are used up, to need less memory.
        heights: how many rows each run has.
        orders: the names of each run's columns in order; by default as in ``columns``.
    """
    bounds = np.cumsum([0, *heights])
    places = {name: place for place, name in enumerate(columns)}
    shared: Arrays = {}
    own: list[Arrays] = [{} for _ in heights]
    for name in list(columns):
        cells = columns.pop(name)
        try:
            shared[name] = to_array(cells, SHAPES.get(name), bounds)
        except UnlikeRunsError:
            for arrays, cells_of_run in zip(own, _of_each_run(cells, bounds), strict=True):
                if set(map(type, cells_of_run)) != {Absent}:
                    alone = np.array([0, len(cells_of_run)])
                    arrays[name] = to_array(cells_of_run, SHAPES.get(name), alone)
    if orders is None:
        orders = [sorted([*shared, *arrays], key=places.__getitem__) for arrays in own]
    return _gather(shared, own, bounds, orders)


def _of_each_run(cells: Cells, bounds: Bounds) -> list[Cells]:
    return [cells[start:end] for start, end in pairwise(bounds.tolist())]


def _gather(
    shared: Arrays, own: Sequence[Arrays], bounds: Bounds, orders: Sequence[Sequence[str]]
) -> list[pl.DataFrame]:
    """Return the frame of each run; those of the same columns and types are slices of one.

    Args:
        shared: columns of all runs, one below the other.
        own: columns of each run alone.
    """
    groups: dict[object, list[int]] = {}
    for number, (arrays, order) in enumerate(zip(own, orders, strict=True)):
        types = tuple(arrays[name].type for name in order if name in arrays)
        groups.setdefault((tuple(order), types), []).append(number)
    frames: dict[int, pl.DataFrame] = {}
    for group in groups.values():
        whole = len(group) == len(own)
        columns = {}
        for name in orders[group[0]]:
            if name not in shared:
                columns[name] = pa.concat_arrays([own[number][name] for number in group])
            elif whole:
                columns[name] = shared[name]
            else:
                slices = [shared[name][bounds[number] : bounds[number + 1]] for number in group]
                columns[name] = pa.concat_arrays(slices)
        together = pl.DataFrame(pa.table(columns))
        start = 0
        for number in group:
            height = int(bounds[number + 1] - bounds[number])
            frames[number] = together.slice(start, height)
            start += height
    return [frames[number] for number in range(len(own))]

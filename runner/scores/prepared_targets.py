"""The targets that count, numbered and weighed once for all scores, and their groups.

Within a group each run has the weight 1 in all, which its targets share by their own weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.contract.layout import RUN_NAME
from runner.scores.clusters import Clusters
from runner.scores.formulas import TERM, Array, Sums
from runner.scores.metrics import MAXIMUM, Metric
from runner.scores.policy import ScoringPolicy
from runner.scores.ranking.kendall import Items, arrange_items
from runner.scores.ranking.numbering import (
    Numbers,
    close_gaps,
    combine,
    find_firsts,
    number_in_order,
    number_values,
)
from runner.scores.ranking.ranks import ROW_RANKS, Orders, sort_targets
from runner.scores.records import RUN_COLUMNS
from runner.scores.terms import sum_terms
from runner.scores.weights import WEIGHT

RUN_SPEC_PREFIX = "run_spec."
NAME_COLUMNS = ("stat", "split", "sub_split", "perturbation", "perturbed_by", "computed_on")
"""Parts of a stat's name: there are few names, however many targets."""

PLACE_COLUMNS = ("scenario", "instance_id", "train_trial_index", "budget", "replicate")
Value = str | float | None
"""What a group has in its column, in the column's own type, so that numbers are in their order."""

COMPARED_WITHIN = (*NAME_COLUMNS, *PLACE_COLUMNS)
"""Kendall's tau compares only targets that are equal in these."""

TERMS = (MAXIMUM, *(TERM + field for field in Sums._fields))

Columns = Mapping[str, Array]
"""(rows,) for each of TERMS: of targets, or of groups of them."""


@dataclass(frozen=True)
class PreparedTargets:
    """The targets of one kind that count and have an error.

    Attributes:
        rows: their records with ``run``, its number, the columns of ``weigh``, the absolute error
            as MAXIMUM, and the columns of ``sum_terms``.
        normalises: whether skills are found for each stat, then their mean.
        numbers: the results of ``number`` so far.
    """

    metrics: Sequence[Metric]
    rows: pl.DataFrame
    normalises: bool
    numbers: dict[str, Numbers] = field(default_factory=dict)

    @property
    def runs(self) -> Numbers:
        """The number of each target's run, in the order in which runs come."""
        return self.rows["run"].to_numpy()

    @cached_property
    def firsts(self) -> NDArray[np.int64]:
        """Where the first target of each run stands."""
        return find_firsts(self.runs)

    @cached_property
    def clusters(self) -> Clusters:
        """The scenario and the model of each run."""
        return Clusters.of(self.rows[self.firsts])

    @cached_property
    def shares(self) -> Array:
        """What each target weighs within its run, 1 in all."""
        return self.share(self.runs)

    @cached_property
    def terms(self) -> Columns:
        """The largest error and the terms of each target, 0 where it has none."""
        filled = self.rows.select(pl.col(*TERMS).fill_null(0))
        return {column.name: column.to_numpy() for column in filled}

    @cached_property
    def by_run(self) -> Columns:
        """The largest error of each run, and the sums of its targets' terms."""
        return sum_within(self.terms, self.runs, self.shares)

    @cached_property
    def orders(self) -> Orders | None:
        """The order of the targets with a prediction, if a metric of ranks is wanted."""
        if all(metric.name not in ROW_RANKS for metric in self.metrics):
            return None
        return sort_targets(self.rows)

    @cached_property
    def items(self) -> Items | None:
        """The same, arranged for Kendall's tau, if it is wanted and has not too many pairs."""
        if all(metric.name != "kendall" for metric in self.metrics):
            return None
        groups = combine(map(self.number, COMPARED_WITHIN), self.rows.height)
        return arrange_items(self.rows, groups, self.runs, self.number("model"))

    def share(self, cells: Numbers) -> Array:
        """Return what each target weighs within its cell, 1 in all."""
        weights = self.rows[WEIGHT].to_numpy()
        totals = np.bincount(cells, weights).astype(np.float64)
        return weights / totals[cells]

    def number(self, column: str) -> Numbers:
        """Return the number of each target's value in a column."""
        if column not in self.numbers:
            values = self.rows[column]
            if is_of_run(column):
                # It is the same in all rows of a run, so it is found once per run.
                self.numbers[column] = number_values(values[self.firsts])[self.runs]
            else:
                self.numbers[column] = number_values(values)
        return self.numbers[column]


def prepare(
    counted: pl.DataFrame, metrics: Sequence[Metric], policy: ScoringPolicy
) -> PreparedTargets:
    """Return what every category's scores are computed from.

    Args:
        counted: the records that count, with their weights; see ``weigh``.
    """
    with_error = counted.filter(pl.col("error").is_not_null())
    runs = pl.Series("run", number_in_order(number_values(with_error[RUN_NAME])))
    largest = pl.col("error").abs().alias(MAXIMUM)
    return PreparedTargets(
        metrics,
        with_error.with_columns(runs, largest, *sum_terms(metrics[0].kind)),
        policy.normalise is not None,
    )


@dataclass(frozen=True)
class Grouping:
    """The groups of targets that a column makes.

    Attributes:
        groups: (rows,), the number of each target's group.
        values: the column's value in each group.
        cells: (rows,), the number of each target's run within its group.
        shares: (rows,), what it weighs there, 1 in all.
    """

    groups: Numbers
    values: Sequence[Value]
    cells: Numbers
    shares: Array


def group_targets(targets: PreparedTargets, by: str | None) -> Grouping:
    """Return the groups that a column makes; None for all targets in one."""
    rows, runs = targets.rows, targets.runs
    if by is None:
        groups = np.zeros(rows.height, dtype=np.int64)
        return Grouping(groups, [None] if rows.height else [], runs, targets.shares)
    groups = targets.number(by)
    if is_of_run(by):
        firsts = targets.firsts[find_firsts(groups[targets.firsts])]
        return Grouping(groups, rows[by][firsts].to_list(), runs, targets.shares)
    cells = close_gaps(groups * len(targets.firsts) + runs)
    values = rows[by][find_firsts(groups)].to_list()
    return Grouping(groups, values, cells, targets.share(cells))


def is_of_run(by: str | None) -> bool:
    """Return whether all rows of a run are in one group."""
    return by is None or by in RUN_COLUMNS or by.startswith(RUN_SPEC_PREFIX)


def sum_within(rows: Columns, groups: Numbers, weights: Array) -> Columns:
    """Return, in the order of the groups' numbers, the largest error and the sums of the terms."""
    count = int(groups.max(initial=-1)) + 1
    largest = np.zeros(count)
    np.maximum.at(largest, groups, rows[MAXIMUM])
    columns = {MAXIMUM: largest}
    side_by_side = bool((groups[1:] >= groups[:-1]).all())
    starts = np.searchsorted(groups, np.arange(count)) if side_by_side else None
    for name in (TERM + term for term in Sums._fields):
        terms = rows[name]
        if not terms.any():
            columns[name] = np.zeros(count)
        elif starts is not None:
            columns[name] = np.add.reduceat(terms * weights, starts)
        else:
            columns[name] = np.bincount(groups, terms * weights, count).astype(np.float64)
    return columns

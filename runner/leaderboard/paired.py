"""Evaluations of one suite side by side: differences over all and by category, target by target."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from runner.errors import UsageError
from runner.files.wrong_fields import validate
from runner.reports.records import report_records
from runner.reports.report import Report, SuiteRecord, why_unranked
from runner.scores.aggregation import replicate_groups
from runner.scores.clusters import Replicates
from runner.scores.comparison import Difference, compare_all
from runner.scores.metrics import Metric
from runner.scores.policy import RANKING_METRICS, ScoringPolicy
from runner.scores.prepared_targets import Value
from runner.scores.records import KEY, name_runs
from runner.scores.weights import weigh

CATEGORIES = ("scenario", "model", "stat")
FEWEST = 2
"""Evaluations in a comparison."""


@dataclass(frozen=True)
class PairedDifference:
    """What one evaluation's score is less another's, over the suite or one group of its targets.

    Attributes:
        category, group: the column and its value; both None over the suite.
        first, second: the evaluations, by their place in ``PairedEvaluations.names``.
        first_value, second_value: their scores, in the metric's own unit.
        targets: how many the group has.
    """

    category: str | None
    group: str | None
    first: int
    second: int
    first_value: float
    second_value: float
    difference: Difference
    targets: int


@dataclass(frozen=True)
class PairedEvaluations:
    """Two or more evaluations, each pair of them compared.

    Attributes:
        metric: the one that is compared.
        names: of the evaluations, each another one, in the order in which they were given.
        differences: over the suite, then by category; of each pair, first against second.
        targets: one row per target: its key, ``scenario``, ``model``, ``actual_mean``, and for each
            evaluation ``predicted.N`` and ``error.N``, N from 0 in the order of the names.
    """

    suite: str
    version: str
    digest: str
    metric: Metric
    names: tuple[str, ...]
    differences: tuple[PairedDifference, ...]
    targets: pl.DataFrame

    def of_pair(self, first: int, second: int) -> list[PairedDifference]:
        """Return the differences of two evaluations, the one over the suite first."""
        return [each for each in self.differences if (each.first, each.second) == (first, second)]

    def most_different(self, first: int, second: int) -> pl.DataFrame:
        """Return the targets, those first in which the sizes of the errors differ most.

        ``closer`` is how much nearer the first is to the actual; below 0 the second is nearer.
        """
        size = [pl.col(f"error.{number}").abs() for number in (first, second)]
        found = self.targets.with_columns((size[1] - size[0]).alias("closer"))
        return found.sort(pl.col("closer").abs(), descending=True, nulls_last=True)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per difference for programs: plain values, texts as they are."""
        return [
            {
                "category": each.category,
                "group": each.group,
                "first": self.names[each.first],
                "second": self.names[each.second],
                "metric": self.metric.name,
                "first_value": each.first_value,
                "second_value": each.second_value,
                "difference": each.difference.value,
                "low": each.difference.low,
                "high": each.difference.high,
                "probability_first_better": each.difference.probability_better,
                "note": each.difference.note,
                "targets": each.targets,
            }
            for each in self.differences
        ]


@dataclass(frozen=True)
class Side:
    """What a comparison needs of a report, which takes far more memory.

    Attributes:
        unranked: why it can't be compared, if it can't.
        records: one row per target.
    """

    path: Path
    image: str
    suite: SuiteRecord
    scoring: ScoringPolicy
    unranked: str | None
    records: pl.DataFrame

    @classmethod
    def of(cls, path: Path, report: Report) -> "Side":
        """Return the side of the report in a directory."""
        return cls(
            path=path,
            image=report.image.reference,
            suite=report.suite,
            scoring=report.scoring,
            unranked=why_unranked(report),
            records=report_records(report, name_runs),
        )


def pair_evaluations(sides: Sequence[Side], metric: str | None = None) -> PairedEvaluations:
    """Return evaluations of one suite, each pair of them compared on the same runs.

    Args:
        metric: one that can rank; the suite's primary metric if it is None.

    Raises:
        UsageError: they can't be compared: there is one only, they are of several suites or
            scoring policies, one was not scored, or the metric can't rank or has no value.
    """
    _check_comparable(sides)
    first = sides[0]
    policy = _policy(first.scoring, metric)
    return PairedEvaluations(
        suite=first.suite.name,
        version=first.suite.version,
        digest=first.suite.digest,
        metric=policy.primary_metric,
        names=_names(sides),
        differences=tuple(
            each for by in (None, *CATEGORIES) for each in _differences(sides, by, policy)
        ),
        targets=_side_by_side([side.records for side in sides]),
    )


def _check_comparable(sides: Sequence[Side]) -> None:
    if len(sides) < FEWEST:
        raise UsageError("Name two evaluations or more, each in a directory of its own.")
    first, *others = sides
    for side in others:
        one, other = side.suite, first.suite
        if one.digest != other.digest:
            raise UsageError(
                f"{side.path} is of {one.name} {one.version} ({one.digest}), {first.path} of "
                f"{other.name} {other.version} ({other.digest}). Evaluations are compared on one "
                "suite: `runner rescore` scores the older ones again on the newer version."
            )
        if side.scoring != first.scoring:
            raise UsageError(f"{side.path} is scored by another policy than {first.path}.")
    for side in sides:
        if side.unranked is not None:
            raise UsageError(f"{side.path} can't be compared: {side.unranked}.")


def _policy(scoring: ScoringPolicy, metric: str | None) -> ScoringPolicy:
    if metric is None:
        return scoring
    if metric not in RANKING_METRICS:
        raise UsageError(
            f"{metric!r} is no metric to compare by. There are: {', '.join(RANKING_METRICS)}."
        )
    wanted = {**scoring.model_dump(), "primary": metric}
    return validate(
        TypeAdapter(ScoringPolicy), wanted, "the suite's scoring", UsageError, "a scoring policy"
    )


def _names(sides: Sequence[Side]) -> tuple[str, ...]:
    """Return each image's name; with its directory where two have the same."""
    count = Counter(side.image for side in sides)
    return tuple(
        side.image if count[side.image] == 1 else f"{side.image} ({side.path})" for side in sides
    )


def _differences(
    sides: Sequence[Side], by: str | None, policy: ScoringPolicy
) -> Iterator[PairedDifference]:
    found = [replicate_groups(side.records, by, policy) for side in sides]
    if by is None:
        for side, groups in zip(sides, found, strict=True):
            if None not in groups:
                raise UsageError(f"{side.path} has no {policy.primary_metric.title} to compare.")
    counts = _count_targets(sides[0].records, by, policy)
    for group in sorted(found[0], key=lambda value: (value is None, value)):
        of_group = [groups[group] for groups in found if group in groups]
        if len(of_group) == len(found) and _are_paired(of_group):
            table = compare_all(of_group, policy)
            for one, other in combinations(range(len(sides)), 2):
                yield PairedDifference(
                    category=by,
                    group=None if group is None else str(group),
                    first=one,
                    second=other,
                    first_value=of_group[one].point,
                    second_value=of_group[other].point,
                    difference=table.difference(one, other),
                    targets=counts[group],
                )


def _are_paired(replicates: Sequence[Replicates]) -> bool:
    """Return whether they are of the same clusters; targets of instances may be left out."""
    return len({tuple(map(len, (e.scenarios, e.models, e.pairs))) for e in replicates}) == 1


def _count_targets(frame: pl.DataFrame, by: str | None, policy: ScoringPolicy) -> dict[Value, int]:
    """Return how many targets of each group count; copies of others don't."""
    of_kind = frame.filter(
        (pl.col("kind") == policy.primary_metric.targets) & pl.col("error").is_not_null()
    )
    counted = weigh(of_kind, policy)
    if by is None:
        return {None: counted.height}
    return dict(counted.group_by(by).len().iter_rows())


def _side_by_side(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    together = frames[0].select(*KEY, "scenario", "model", "actual_mean")
    for number, frame in enumerate(frames):
        names = {"predicted_mean": f"predicted.{number}", "error": f"error.{number}"}
        side = frame.select(*KEY, *names).rename(names)
        together = together.join(
            side, on=list(KEY), how="left", nulls_equal=True, maintain_order="left", validate="1:1"
        )
    return together

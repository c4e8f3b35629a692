"""What each target of a run weighs: its instances, and nothing if it repeats another target.

HELM writes some stats twice under two names, whatever their values are. What is a copy follows from
names and numbers of instances alone, never from a value.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, RUN_NAME, STAT_NAME_PREFIX
from runner.contract.stat import MetricName, Target
from runner.helm_outputs.common_types import plain_rows
from runner.suites.items import perturbation_text

SUMMARIES = ("robustness", "fairness")
"""HELM's worst over all perturbations with this flag and the original. It writes both for every
stat of instances, also where no perturbation has the flag."""


@dataclass(frozen=True)
class RunInstances:
    """The instances of a run; ``items`` as ``describe_items`` returns them."""

    items: pl.DataFrame

    @cached_property
    def _counts(self) -> dict[Hashable, int]:
        return {}

    def count(self, name: MetricName, of: str | None = None) -> int:
        """Return how many instances of a stat's split and sub_split there are.

        Args:
            of: count those that this perturbation has changed.
        """
        key = (name.split, name.sub_split, of)
        if key not in self._counts:
            rows = self.items
            for column, value in zip(("split", "sub_split", "perturbation"), key, strict=True):
                rows = rows if value is None else rows.filter(pl.col(column) == value)
            self._counts[key] = rows["instance_id"].n_unique()
        return self._counts[key]


def weigh_targets(
    names: Sequence[MetricName], stats: pl.DataFrame, items: pl.DataFrame
) -> list[int]:
    """Return how many instances each target of a run is over; 0 if it copies one before it.

    A target weighs 1 if the run has no request states.

    Args:
        names: of the targets.
        stats: of the whole run: which perturbations there are.
        items: the run's, as ``describe_items`` returns them.
    """
    instances = RunInstances(items)
    flagged = _flagged(stats)
    seen: set[Hashable] = set()
    weights = []
    for name in names:
        content = _content(name, instances, flagged)
        weights.append(0 if content in seen else max(1, _count(name, instances)))
        seen.add(content)
    return weights


def _count(name: MetricName, instances: RunInstances) -> int:
    if name.perturbation is None or name.perturbation.get("name") in SUMMARIES:
        return instances.count(name)
    return instances.count(name, perturbation_text(name.perturbation)) or instances.count(name)


Flagged = Mapping[tuple[Hashable, str], frozenset[str]]
"""By stat, split and sub_split, and flag: the perturbations with it, as texts."""


def _flagged(stats: pl.DataFrame) -> Flagged:
    column = f"{PERTURBATION_PREFIX}name"
    if column not in stats.columns:
        return {}
    keys = [name for name in stats.columns if name.startswith(STAT_NAME_PREFIX)]
    found: dict[tuple[Hashable, str], frozenset[str]] = {}
    for row in plain_rows(stats[keys].filter(pl.col(column).is_not_null())):
        if row[column] in SUMMARIES:
            continue
        name = Target.from_row({RUN_NAME: "", **row}).name
        for flag in SUMMARIES:
            if name.perturbation is not None and name.perturbation.get(flag):
                place = (_place(name), flag)
                words = perturbation_text(name.perturbation)
                found[place] = found.get(place, frozenset()) | {words}
    return found


def _place(name: MetricName) -> Hashable:
    return (name.name, name.split, name.sub_split)


def _content(name: MetricName, instances: RunInstances, flagged: Flagged) -> Hashable:
    """Return what is equal for two stats of a run that HELM's structure makes the same number.

    - A summary's worst is over all instances: of the original alone, if no perturbation has the
      flag; the same as one perturbation's worst, if that alone has the flag and changed all.
    - A perturbation's stat computed on the originals is the unperturbed one, if it changed all.

    Source: ``compute_worst_case_metrics`` in helm.benchmark.metrics.metric (crfm-helm 0.5).
    """
    unperturbed = (_place(name), None)
    if name.perturbation is None:
        return unperturbed
    computed_on, which = name.perturbation.get("computed_on"), name.perturbation.get("name")
    if which in SUMMARIES and computed_on == "worst":
        over = flagged.get((_place(name), str(which)), frozenset())
        return (_place(name), "worst", over) if over else unperturbed
    words = perturbation_text(name.perturbation)
    changed_all = 0 < instances.count(name) == instances.count(name, words)
    if changed_all and computed_on == "original":
        return unperturbed
    if changed_all and computed_on == "worst":
        return (_place(name), "worst", frozenset({words}))
    return (_place(name), computed_on, words)

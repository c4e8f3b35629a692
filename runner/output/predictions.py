"""Hostile ``predictions.json`` and ``instance_predictions.json`` -> one stat per target.

All that is wrong is found at once, each with its place; see ``findings.py``.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTED_PREFIX, PREDICTIONS
from runner.contract.stat import InstanceTarget, MetricName, Stat, Target, predicted_name
from runner.contract.targets import Targets
from runner.output.findings import (
    Cause,
    Finding,
    Findings,
    InvalidOutputError,
    OutputPlace,
    refusal,
)
from runner.output.nearest_key import Key, describe_difference, key_fields, nearest
from runner.output.output_document import (
    Item,
    Items,
    instance_words,
    lists_by_run,
    quote_name,
    stats_of_instances,
    stats_of_run,
)
from runner.output.untrusted_json import parse_json
from runner.scores.policy import ScoringPolicy
from runner.untrusted import quote

__all__ = [
    "Cause",
    "InstancePredictions",
    "InvalidOutputError",
    "Predictions",
    "read_instance_predictions",
    "read_predictions",
]

BYTES_PER_TARGET = 4096
SPARE_BYTES = 1024 * 1024
"""A document may have this many bytes, and BYTES_PER_TARGET more for each target. Parsed, JSON
takes about 20 times its size, which bounds the runner's memory."""

STATS_PER_TARGET = 10
SPARE_STATS = 1000
"""A document may predict this many stats, and STATS_PER_TARGET more for each target."""

MOST_COMPARED = 1000
"""The most stats without a target that are compared with a missing target."""


@dataclass(frozen=True)
class Predictions:
    """The predicted stats, by target, and the keys that were predicted but not asked for."""

    stats: Mapping[Target, Stat]
    extra: tuple[str, ...]


@dataclass(frozen=True)
class InstancePredictions:
    """The same for the stats of instances."""

    stats: Mapping[InstanceTarget, Stat]
    extra: tuple[str, ...]


def read_predictions(
    content: bytes, targets: Sequence[Target], all_needed: bool = True
) -> Predictions:
    """Return the one predicted stat of each target.

    Args:
        content: the bytes of predictions.json.
        targets: the case's targets; the organizer's, so their text is trusted.
        all_needed: whether a target without a prediction is a fault; if not, it is left out.

    Raises:
        InvalidOutputError: with its findings; nothing of a broken document is used.
    """
    return Predictions(*_read(content, targets, stats_of_run, all_needed))


def read_instance_predictions(
    content: bytes, targets: Sequence[InstanceTarget], all_needed: bool = True
) -> InstancePredictions:
    """Return the one predicted stat of each instance target.

    Args:
        content: the bytes of instance_predictions.json.
        targets: the case's instance targets.
        all_needed: as for ``read_predictions``.

    Raises:
        InvalidOutputError: as ``read_predictions`` does.
    """
    return InstancePredictions(*_read(content, targets, stats_of_instances, all_needed))


_K = TypeVar("_K", Target, InstanceTarget)


def _read(
    content: bytes, targets: Sequence[_K], items_of_run: Items, all_needed: bool
) -> tuple[dict[_K, Stat], tuple[str, ...]]:
    document = parse_json(content, most_bytes=SPARE_BYTES + BYTES_PER_TARGET * len(targets))
    findings = Findings()
    pairing = _Pairing(targets)
    most_stats = left = SPARE_STATS + STATS_PER_TARGET * len(targets)
    runs = {target.run_spec_name for target in targets}
    for run_name, list_of_run in lists_by_run(document, runs, findings):
        for item in items_of_run(run_name, list_of_run, findings):
            left -= 1
            if left < 0:
                raise refusal(Cause.TOO_LARGE, f"it predicts more than {most_stats} stats")
            pairing.add(item, findings)
    if all_needed and not findings.is_partly_unread:
        pairing.find_missing(findings)
    findings.raise_if_any()
    found = {target: pairing.found[target] for target in targets if target in pairing.found}
    return found, tuple(pairing.extra)


class _Pairing(Generic[_K]):
    """Which stat of a document predicts which target.

    Attributes:
        found: the sound stats by target.
        extra: the keys of those that are no targets.
    """

    def __init__(self, targets: Sequence[_K]) -> None:
        self._wanted: dict[Hashable, _K] = {target: target for target in targets}
        self._positions: dict[_K, int] = {}  # of broken stats too: their targets are not missing
        self.found: dict[_K, Stat] = {}
        self.extra: list[str] = []
        self._near: list[tuple[Key, Item]] = []

    def add(self, item: Item, findings: Findings) -> None:
        """Take one stat of the document."""
        if item.name is None:
            return
        name = _without_prefix(item.name)
        target = None if name is None else self._wanted.get(_key(item, name))
        if target is None:
            self._add_extra(item, item.name)
        elif target in self._positions:
            what = f"is predicted twice, first as stat {self._positions[target]}"
            findings.add(Finding(Cause.DOUBLED_TARGET, item.place, what))
        else:
            self._positions[target] = item.position
            if item.stat is not None:
                self.found[target] = item.stat

    def _add_extra(self, item: Item, name: MetricName) -> None:
        if item.stat is not None:
            self.extra.append(f"{quote(item.run_name)}: {quote(str(name))}")
        if len(self._near) < MOST_COMPARED:
            self._near.append((_fields(_key(item, name)), item))

    def find_missing(self, findings: Findings) -> None:
        """Add the targets that no stat predicts, each with what was probably meant for it."""
        missing = [target for target in self._wanted.values() if target not in self._positions]
        kept = missing[: findings.room]
        for number, target in enumerate(kept):
            share = "" if number else f" ({len(missing)} of {len(self._wanted)} targets are not)"
            what = f"is not predicted{share}"
            hint = self._hint(target)
            if hint is None and number == 0 and self.extra:
                hint = f"{len(self.extra)} predicted stats are no targets, e.g. {self.extra[0]}"
            findings.add(Finding(Cause.MISSING_TARGET, _place(target), what, hint))
        findings.count_more(len(missing) - len(kept))

    def _hint(self, target: _K) -> str | None:
        wanted = _fields(replace(target, name=predicted_name(target.name)))
        at = nearest(wanted, [key for key, _ in self._near])
        if at is None:
            return None
        key, item = self._near.pop(at)  # it was meant for one target only
        return f"near it is {item.place}: {describe_difference(wanted, key)}"


def _without_prefix(name: MetricName) -> MetricName | None:
    """Return the name of the stat that is predicted by the one with this name, None if none is."""
    if not name.name.startswith(PREDICTED_PREFIX):
        return None
    predicted = name.name.removeprefix(PREDICTED_PREFIX)
    return MetricName(predicted, name.split, name.sub_split, name.perturbation)


def _key(item: Item, name: MetricName) -> Target | InstanceTarget:
    if item.instance is None:
        return Target(item.run_name, name)
    return InstanceTarget(item.run_name, *item.instance, name)


def _fields(key: Target | InstanceTarget) -> Key:
    if isinstance(key, Target):
        return key_fields(key.run_spec_name, key.name)
    instance = {"instance": key.instance_id, "train_trial_index": key.train_trial_index}
    return key_fields(key.run_spec_name, key.name, **instance)


def _place(target: Target | InstanceTarget) -> OutputPlace:
    """Return where a target should have been predicted."""
    instance = None
    if isinstance(target, InstanceTarget):
        instance = instance_words(target.instance_id, target.train_trial_index)
    name = quote_name(str(predicted_name(target.name)))
    return OutputPlace(quote_name(target.run_spec_name), instance, stat=name)


NO_PREDICTIONS = Predictions({}, ())


NO_INSTANCE_PREDICTIONS = InstancePredictions({}, ())


def read_outputs(
    files: Mapping[str, bytes], targets: Targets, policy: ScoringPolicy
) -> tuple[Predictions, InstancePredictions]:
    """Return what the files of a container predict.

    Raises:
        InvalidOutputError: one breaks the contract; the message begins with its name.
    """
    all_needed = policy.worst is None
    predictions, instance_predictions = NO_PREDICTIONS, NO_INSTANCE_PREDICTIONS
    name = PREDICTIONS
    try:
        if targets.stats:
            predictions = read_predictions(files[name], targets.stats, all_needed)
        name = INSTANCE_PREDICTIONS
        if targets.instance_stats:
            instance_predictions = read_instance_predictions(
                files[name], targets.instance_stats, all_needed
            )
    except InvalidOutputError as error:
        error.file = name
        raise
    return predictions, instance_predictions

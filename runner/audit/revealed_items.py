"""The revealed items of an eval run, and what their completions are worth once gold is known."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from runner.contract.text_metrics import TEXT_METRICS, recompute_match
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.common_types import plain_rows
from runner.suites.items import (
    ITEM_KEY,
    ITEM_SCHEMA,
    STATES,
    Place,
    item_place,
    reference_text,
)

PATTERN = "scenario_state.adapter_spec.output_mapping_pattern"

COMPLETIONS = f"{STATES}result.completions"
REFERENCE_INDEX = f"{STATES}reference_index"
NEEDED = (
    PATTERN,
    COMPLETIONS,
    REFERENCE_INDEX,
    STATE_INSTANCE_ID,
    f"{STATES}train_trial_index",
    f"{STATES}instance.perturbation.",
    f"{STATES}instance.references",
    f"{STATES}output_mapping.",
    f"{STATES}request_mode",
    f"{STATES}request.prompt",
)

Values = Mapping[str, float | None]
"""By metric; None where the cheater has all it needs but does not know the metric's formula."""


SCORES = {
    "run": pl.Int64,
    **{name: ITEM_SCHEMA[name] for name in ITEM_KEY},
    "metric": pl.String,
    "value": pl.Float64,
}
"""The columns of items' values: the run, the item, the metric, and what it is worth by that."""


@dataclass(frozen=True)
class RevealedItem:
    """One revealed item: its request states, more than one if each reference has a request.

    Attributes:
        place: its key in the run.
        states: HELM's JSON objects, as far as they are revealed.
        pattern: the adapter's ``output_mapping_pattern``.
    """

    place: Place
    states: tuple[Mapping[str, Any], ...]
    pattern: str | None

    @property
    def references(self) -> Sequence[Mapping[str, Any]]:
        """Return the references, in the order and with the tags that are shown."""
        return self.states[0].get("instance", {}).get("references") or ()

    @property
    def has_completions(self) -> bool:
        """Return whether every request's completion is shown."""
        return all(state.get("result", {}).get("completions") for state in self.states)

    @property
    def is_per_reference(self) -> bool:
        """Return whether each reference has a request of its own."""
        return self.states[0].get("reference_index") is not None

    def with_gold(
        self, references: Sequence[Mapping[str, Any]], mapping: Mapping[str, str] | None
    ) -> "RevealedItem":
        """Return the item with references, and the letters that stand for them, from elsewhere."""
        told = {} if mapping is None else {"output_mapping": mapping}
        # Where the item shows its own letters, they are right.
        return replace(
            self,
            states=tuple(
                {
                    **told,
                    **state,
                    "instance": {**state.get("instance", {}), "references": references},
                }
                for state in self.states
            ),
        )

    def values(self, metrics: Iterable[str]) -> Values | None:
        """Return what the item is worth by each metric; None if gold or completions are hidden."""
        has_gold = any(_is_correct(reference) for reference in self.references)
        if not has_gold or not self.has_completions:
            return None
        return {metric: self._value(metric) for metric in metrics}

    def _value(self, metric: str) -> float | None:
        if self.is_per_reference:
            return self._best_of_references() if metric == "exact_match" else None
        if metric.partition("@")[0] not in TEXT_METRICS:
            return None
        return recompute_match(self.states[0], metric, self.pattern)

    def _best_of_references(self) -> float | None:
        """Return whether a correct reference is the likeliest.

        Source: HELM's ``BasicReferenceMetric``, by the characters of its tokens.
        """
        scores: dict[int, float] = {}
        is_calibrated = any(state.get("request_mode") == "calibration" for state in self.states)
        for state in self.states:
            place, sign = state.get("reference_index"), 1.0
            if place is None or not 0 <= place < len(self.references):
                return None
            logprob, tokens = _likelihood(state, reference_text(self.references[place]))
            if is_calibrated:
                tokens, sign = 1, -1.0 if state.get("request_mode") == "calibration" else 1.0
            scores[place] = scores.get(place, 0.0) + sign * logprob / tokens
        correct = [score for place, score in scores.items() if _is_correct(self.references[place])]
        return float(max(correct) == max(scores.values())) if correct else None


def _is_correct(reference: Mapping[str, Any]) -> bool:
    return "correct" in (reference.get("tags") or ())


def _likelihood(state: Mapping[str, Any], reference: str) -> tuple[float, int]:
    """Return the logprob of the reference at the end of a sequence, and its number of tokens."""
    completion: Mapping[str, Any] = next(
        iter((state.get("result") or {}).get("completions") or ()), {}
    )
    logprobs: list[float] = []
    length = 0
    for token in reversed(completion.get("tokens") or ()):
        if length >= len(reference):
            break
        logprobs.append(token.get("logprob") or 0.0)
        length += len(token.get("text") or "")
    return (sum(logprobs), len(logprobs)) if logprobs else (completion.get("logprob") or 0.0, 1)


def read_revealed(states: pl.DataFrame) -> list[RevealedItem]:
    """Return the items in an eval run's revealed request states."""
    if STATE_INSTANCE_ID not in states.columns:
        return []
    found: dict[Place, list[Mapping[str, Any]]] = {}
    patterns: dict[Place, str | None] = {}
    for row in plain_rows(_needed(states)):
        place = item_place(row)
        found.setdefault(place, []).append(_nested(row))
        patterns[place] = row.get(PATTERN)
    return [RevealedItem(place, tuple(each), patterns[place]) for place, each in found.items()]


def _needed(states: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of which values are made, without tokens where none counts."""
    needed = states.select(name for name in states.columns if name.startswith(NEEDED))
    completions = needed.schema.get(COMPLETIONS)
    if REFERENCE_INDEX in needed.columns or not isinstance(completions, pl.List):
        return needed
    if not isinstance(completions.inner, pl.Struct):
        return needed
    names = [name for name in completions.inner.to_schema() if name != "tokens"]
    fields = pl.struct(pl.element().struct.field(name) for name in names)
    return needed.with_columns(pl.col(COMPLETIONS).list.eval(fields))


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for column, value in row.items():
        if value is not None and column.startswith(STATES):
            *parents, last = column.removeprefix(STATES).split(".")
            inner = nested
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = value
    return nested


def value_rows(
    run: int, items: Iterable[RevealedItem], metrics: Collection[str]
) -> list[tuple[Any, ...]]:
    """Return the rows, SCORES, of the items whose gold and completions are known."""
    return [
        (run, *item.place, metric, value)
        for item in items
        for metric, value in (item.values(metrics) or {}).items()
    ]

"""The verdicts of cells, and what a card's follows from. By the rules of MAGNET 0.1.0. Pure."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev
from typing import Any

from runner.cards.card import Card, ClaimAggregation, MetricDefinition

CONFIDENCE = 0.95


class Verdict(StrEnum):
    """What the evidence says of a claim."""

    VERIFIED = "VERIFIED"
    FALSIFIED = "FALSIFIED"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Figure:
    """A number with the interval in which it would lie for other cells like these.

    Attributes:
        low, high: of the 95 % interval; None if the cells are too few, or there is none.
        cells: how many it is over.
    """

    value: float
    low: float | None
    high: float | None
    cells: int


def reduce_verdicts(verdicts: Sequence[Verdict], aggregation: ClaimAggregation) -> Verdict:
    """Return the card's verdict; without any cell nothing is known."""
    if not verdicts:
        return Verdict.INCONCLUSIVE
    if aggregation.type == "fraction" and aggregation.parameters is not None:
        # What is inconclusive counts below the line only.
        share = verdicts.count(Verdict.VERIFIED) / len(verdicts)
        is_met = share >= aggregation.parameters.threshold
        return Verdict.VERIFIED if is_met else Verdict.FALSIFIED
    first, last = Verdict.FALSIFIED, Verdict.VERIFIED
    if aggregation.type == "any":
        first, last = last, first
    order = (first, Verdict.INCONCLUSIVE, last)
    return next(verdict for verdict in order if verdict in verdicts)


def verified_share(verdicts: Sequence[Verdict]) -> Figure | None:
    """Return the share of verified cells with Wilson's interval; None without cells."""
    count = len(verdicts)
    if not count:
        return None
    from scipy.stats import binomtest  # noqa: PLC0415  (slow; only where cards are judged)

    verified = verdicts.count(Verdict.VERIFIED)
    interval = binomtest(verified, count).proportion_ci(CONFIDENCE, method="wilson")
    return Figure(verified / count, float(interval.low), float(interval.high), count)


def metrics(card: Card, symbols: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the card's metrics over the cells, by the name that they are shown by.

    A metric that a cell has no number for is left out, as MAGNET leaves it out; so is one of
    numbers that are too large for it.

    Args:
        symbols: what each cell's result file shows.
    """
    found = {}
    for name, symbol in card.all_symbols.items():
        metadata = symbol.metadata
        if metadata is None or metadata.define_metric is None:
            continue
        values = [cell.get(name) for cell in symbols]
        numbers = [float(v) for v in values if type(v) in (int, float) and v is not None]
        if numbers and len(numbers) == len(values):
            with suppress(OverflowError):
                found[metadata.display_name or name] = _figure(metadata.define_metric, numbers)
    return found


def _figure(definition: MetricDefinition, numbers: Sequence[float]) -> Figure:
    kind, count = definition.aggregation_strategy.type, len(numbers)
    if kind != "mean":
        return Figure(max(numbers) if kind == "max" else min(numbers), None, None, count)
    mean = fmean(numbers)
    if count == 1:
        return Figure(mean, None, None, count)
    from scipy.stats import t  # noqa: PLC0415  (slow; only for a mean)

    half = float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * stdev(numbers) / math.sqrt(count)
    return Figure(mean, mean - half, mean + half, count)

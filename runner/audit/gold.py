"""Gold that a spec hides, and that a cheater finds elsewhere in the case.

Train runs are whole, so an item that one of them has too is tagged there. And where every tag of a
scenario is at one place, an order that is restored tells as much.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.audit.revealed_items import RevealedItem
from runner.suites.items import ITEM_KEY, reference_text

FEWEST_AT_ONE_PLACE = 4
"""So many items of a scenario's train runs, all with gold at one place, show that it always is."""

BY_ORDER = "lists the correct reference always at one place"

WAYS: Mapping[str, tuple[str, ...]] = {
    "has the same scenario and instance": ("scenario", *ITEM_KEY),
    "has the same prompt": ("prompt",),
    "has the same input": ("input",),
    "has the same references": ("references",),
}
"""How a train item shows that it is the eval run's, and the columns that are then equal."""


@dataclass(frozen=True)
class Told:
    """The gold of one revealed item, which the spec hides.

    Attributes:
        item: the item with its gold.
        reason: how it was found.
        run: the train run that tells it, by its number; None if an order does.
    """

    item: RevealedItem
    reason: str
    run: int | None


class TrainGold:
    """What the train runs of a case tell of gold."""

    def __init__(self, tagged: pl.DataFrame) -> None:
        """Prepare for many eval runs.

        Args:
            tagged: items of the train runs, see ``TrainSide``.
        """
        self._telling = {reason: _telling(tagged, columns) for reason, columns in WAYS.items()}
        self._always_at = _places_of_gold(tagged)

    def find(self, items: Sequence[RevealedItem], shown: pl.DataFrame) -> list[Told]:
        """Return the items whose gold the train runs tell.

        Args:
            items: of an eval run, their gold hidden.
            shown: what they show, row by row, see ``train_side.read_items``.
        """
        by_place = {item.place: item for item in items}
        found: dict[Any, Told] = {}
        for reason, known in self._telling.items():
            for row in shown.join(known, on=WAYS[reason], how="inner").iter_rows(named=True):
                place = tuple(row[name] for name in ITEM_KEY)
                references, mapping = json.loads(row["told"])
                item = by_place[place].with_gold(references, mapping)
                found.setdefault(place, Told(item, reason, row["told_by"]))
        for row in shown.iter_rows(named=True):
            place = tuple(row[name] for name in ITEM_KEY)
            gold = self._always_at.get(row["scenario_class"])
            ordered = None if gold is None or place in found else _restore(by_place[place], gold)
            if ordered is not None:
                found[place] = Told(ordered, BY_ORDER, None)
        return list(found.values())


def _telling(tagged: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return what train items tell by these columns; nothing where they tell different things.

    Labels that several questions share as their references don't tell which question it is.
    """
    return (
        tagged.drop_nulls(columns)
        .group_by(columns, maintain_order=True)
        .agg(
            pl.col("told").first(),
            pl.col("run").first().alias("told_by"),
            pl.col("gold").n_unique().alias("different"),
            pl.col("input").n_unique().alias("inputs"),
        )
        .filter((pl.col("different") == 1) & (pl.col("inputs") == 1))
        .select(*columns, "told", "told_by")
    )


def _places_of_gold(tagged: pl.DataFrame) -> dict[str, int]:
    """Return by scenario class where gold is among the references, if it always is there."""
    places = tagged.group_by("scenario_class").agg(
        pl.len(), pl.col("place_of_gold").min(), pl.col("place_of_gold").n_unique().alias("places")
    )
    enough = (pl.col("len") >= FEWEST_AT_ONE_PLACE) & (pl.col("places") == 1)
    rows = places.filter(enough & pl.col("place_of_gold").is_not_null())
    return dict(zip(rows["scenario_class"], rows["place_of_gold"], strict=True))


def _restore(item: RevealedItem, gold: int) -> RevealedItem | None:
    """Return the item with its references in HELM's order and one tagged; None if it isn't told.

    Letters and their choices tell the order, and so do requests that end in their reference.
    """
    mapping = item.states[0].get("output_mapping")
    texts = list(mapping.values()) if mapping else _order_of_requests(item)
    if texts is None or gold >= len(texts):
        return None
    references = [
        {"output": {"text": text}, "tags": ["correct"] if place == gold else []}
        for place, text in enumerate(texts)
    ]
    return item.with_gold(references, mapping)


def _order_of_requests(item: RevealedItem) -> list[str] | None:
    texts = sorted({reference_text(each) for each in item.references}, key=len, reverse=True)
    ordered: dict[int, str] = {}
    for state in item.states:
        prompt = str(state.get("request", {}).get("prompt") or "").rstrip()
        place = state.get("reference_index")
        ending = next((text for text in texts if prompt.endswith(text.rstrip())), None)
        if place is not None and ending is not None:
            ordered.setdefault(place, ending)
    if (
        not texts
        or set(ordered) != set(range(len(texts)))
        or len(set(ordered.values())) < len(texts)
    ):
        return None
    return [ordered[place] for place in range(len(texts))]

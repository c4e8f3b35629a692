"""What the cheater has found in a case."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from runner.audit.gold import Told
from runner.audit.train_side import TrainSide


@dataclass(frozen=True)
class Undone:
    """Gold that the spec hides, of one eval run, and what tells it.

    Attributes:
        run: the eval run's name.
        told: its items whose gold is found.
        revealed: how many of its items are revealed with completions.
    """

    run: str
    told: tuple[Told, ...]
    revealed: int


@dataclass(frozen=True)
class Loot:
    """What the cheater has found in a case.

    Attributes:
        numbers: of the eval runs, by their names.
        items: all items of the eval runs, with what ``train_side.OWN`` says of the runs.
        known: (run, item, metric, value, is_own): the items' values that it knows. ``value`` is
            null where it does not know the metric's formula; ``is_own`` is whether the run's own
            revealed data are enough.
        train: the case's train runs.
        undone: where hidden gold was found.
    """

    numbers: Mapping[str, int]
    items: pl.DataFrame
    known: pl.DataFrame
    train: TrainSide
    undone: tuple[Undone, ...]

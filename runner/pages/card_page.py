"""The page of an evaluation card: its claim, the verdict, the cells as a grid, the symbols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.pages.page import render_page

MOST_COLUMNS = 12
MOST_HEAD_CHARACTERS = 90
"""Values of a sweep that stand side by side, and all their texts; more make a table of rows."""

MOST_SHOWN = 2_000
"""Cells and rows of the page; the files beside it have all."""

VERDICTS = ("VERIFIED", "FALSIFIED", "INCONCLUSIVE")


@dataclass(frozen=True)
class CellOnPage:
    """A cell.

    Attributes:
        swept: what tells it from others, by name, as texts; empty if that is not known.
        status: its verdict, or ``no evidence``.
        symbols: their values as texts.
    """

    id: str
    swept: Mapping[str, str]
    status: str
    output: str
    symbols: Mapping[str, str]


@dataclass(frozen=True)
class FigureOnPage:
    """A number with its 95 % interval, if it has one, and what it is over."""

    name: str
    value: float
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True)
class SymbolOnPage:
    """A symbol: where its value comes from, and its text in the card."""

    name: str
    title: str
    source: str
    text: str


@dataclass(frozen=True)
class CardOnPage:
    """What the page shows.

    Attributes:
        facts: about the card, by name.
        rule: when the claim holds, in words.
        made_by: what judged it.
    """

    title: str
    description: str
    facts: Mapping[str, str]
    claim: str
    rule: str
    verdict: str
    figures: Sequence[FigureOnPage]
    cells: Sequence[CellOnPage]
    symbols: Sequence[SymbolOnPage]
    made_by: str


@dataclass(frozen=True)
class Grid:
    """Cells by what is swept: the last sweep from left to right, all others from top to bottom.

    Attributes:
        axis: the name of the sweep of the columns.
        names: those of the rows.
        rows: the values of a row, and its cell at each column, None where there is none.
    """

    axis: str
    columns: Sequence[str]
    names: Sequence[str]
    rows: Sequence[tuple[Sequence[str], Sequence[CellOnPage | None]]]


def card_page(card: CardOnPage, runner_version: str) -> str:
    """Return the page's HTML."""
    shown = card.cells[:MOST_SHOWN]
    statuses = [cell.status for cell in card.cells]
    context: dict[str, Any] = {
        "card": card,
        "grid": make_grid(shown),
        "cells": shown,
        "counts": {name: statuses.count(name) for name in VERDICTS},
        "left_out": len(card.cells) - len(shown),
        "runner_version": runner_version,
    }
    return render_page("card.html.j2", context)


def make_grid(cells: Sequence[CellOnPage]) -> Grid | None:
    """Return the cells as a grid; None if what tells them apart makes none."""
    names = list(cells[0].swept) if cells else []
    varied = [name for name in names if len({cell.swept.get(name) for cell in cells}) > 1]
    if not varied or any(list(cell.swept) != names for cell in cells):
        return None
    axis, others = varied[-1], varied[:-1]
    columns = list(dict.fromkeys(cell.swept[axis] for cell in cells))
    if len(columns) > MOST_COLUMNS or sum(map(len, columns)) > MOST_HEAD_CHARACTERS:
        axis, columns, others = "", [""], varied
    rows: dict[tuple[str, ...], dict[str, CellOnPage]] = {}
    for cell in cells:
        row = rows.setdefault(tuple(cell.swept[name] for name in others), {})
        row[cell.swept[axis] if axis else ""] = cell
    found = [(values, [row.get(column) for column in columns]) for values, row in rows.items()]
    return Grid(axis, columns, others, found)

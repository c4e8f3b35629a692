"""A bundle as its page shows it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.cards.shown_card import ShownCard
from runner.pages.card_page import CardOnPage, CellOnPage, FigureOnPage, SymbolOnPage

MOST_CHARACTERS = 2_000
"""Of a value that a page shows."""

SOURCES = {
    "sweep": "swept",
    "value": "a value",
    "python": "Python",
    "reports": "reports",
    "suite": "a suite",
    "told": "what a competition has told",
}


def card_on_page(shown: ShownCard) -> CardOnPage:
    """Return what the page of a bundle shows."""
    card = shown.card
    claim = card.get("claim")
    return CardOnPage(
        title=_text(card.get("title", "")),
        description=_text(card.get("description", "")),
        facts=dict(_facts(card)),
        claim=_text(claim.get("python", "") if isinstance(claim, Mapping) else ""),
        rule=rule(shown.aggregation),
        verdict=shown.verdict,
        figures=list(_figures(shown)),
        cells=list(_cells(shown)),
        symbols=list(_symbols(shown)),
        made_by=shown.made_by,
    )


def rule(aggregation: Mapping[str, Any]) -> str:
    """Return when a card's claim holds, in words."""
    kind, parameters = aggregation.get("type"), aggregation.get("parameters") or {}
    if kind == "fraction":
        return f"It holds if at least {parameters.get('threshold')} of the cells are verified."
    return f"It holds if {'any cell is' if kind == 'any' else 'all cells are'} verified."


def _facts(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("name", "category", "version", "organizations", "submitter", "tags"):
        value = card.get(name)
        if isinstance(value, Mapping):
            value = list(value.values())
        if value:
            yield name, ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
    links = card.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping):
            yield _text(link.get("type", "link")), f"{link.get('title')}: {link.get('url')}"


def _figures(shown: ShownCard) -> Iterator[FigureOnPage]:
    named = {**shown.metrics}
    if shown.share is not None:
        named = {"share of verified cells": shown.share, **named}
    for name, figure in named.items():
        note = f"over {figure.cells} cells"
        yield FigureOnPage(name, figure.value, figure.low, figure.high, note)


def _cells(shown: ShownCard) -> Iterator[CellOnPage]:
    for cell in shown.cells:
        symbols = {name: _text(value) for name, value in cell.symbols.items()}
        yield CellOnPage(cell.id, _texts(cell.swept or {}), cell.status, cell.output, symbols)
    for lacking in shown.without_evidence:
        yield CellOnPage(lacking.id, _texts(lacking.swept), "no evidence", lacking.reason, {})


def _symbols(shown: ShownCard) -> Iterator[SymbolOnPage]:
    symbols = shown.card.get("symbols")
    for name, fields in symbols.items() if isinstance(symbols, Mapping) else ():
        given = [key for key in SOURCES if isinstance(fields, Mapping) and fields.get(key)]
        source = SOURCES[given[0]] if given else "of the pipeline"
        text = "" if not given else _text(fields[given[0]])
        title = _text(shown.metadata.get(name, {}).get("display_name") or "")
        yield SymbolOnPage(name, title, source, text)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."

"""``runner card check``."""

from pathlib import Path

from runner.cards.card_file import CardFile, read_card
from runner.cards.cells import list_cells
from runner.cli.echo import echo, echo_json


def check(path: Path, as_json: bool) -> int:
    """Print what a card has."""
    read = read_card(path)
    cells = list_cells(read)
    symbols = {name: _kind(read, name) for name in read.card.all_symbols}
    nodes = list(read.graph.nodes if read.graph is not None else read.card.pipeline or {})
    if as_json:
        aggregation = read.card.aggregation.model_dump(mode="json")
        echo_json(
            {
                "title": read.card.title,
                "claim_aggregation_strategy": aggregation,
                "symbols": symbols,
                "nodes": nodes,
                "cells": [{"id": cell.id, "swept": cell.swept} for cell in cells],
            }
        )
        return 0
    echo(f"{path}: {read.card.title}")
    for name, kind in symbols.items():
        echo(f"  symbol {name}: {kind}")
    for node in nodes:
        echo(f"  node {node}")
    echo(f"  {len(cells)} cells; the claim holds if {_when(read)}")
    return 0


def _kind(read: CardFile, name: str) -> str:
    symbol = read.card.all_symbols[name]
    if symbol.evidence is not None:
        kind, place = symbol.evidence
        return f"{kind} of {place}"
    if symbol.sweep:
        return f"swept over {len(symbol.sweep)} values"
    if symbol.value is not None:
        return "a value"
    return "Python" if symbol.python else "of the pipeline"


def _when(read: CardFile) -> str:
    aggregation = read.card.aggregation
    if aggregation.parameters is not None and aggregation.type == "fraction":
        return f"at least {aggregation.parameters.threshold:g} of them are verified"
    return "all are verified" if aggregation.type == "all" else "any is verified"

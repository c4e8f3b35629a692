"""``runner card``: evaluation cards."""

from dataclasses import asdict
from pathlib import Path

from runner.cards.bundle import conclude, write_bundle
from runner.cards.card_file import CardFile, read_card
from runner.cards.card_text import card_lines
from runner.cards.cell_inputs import share_inputs
from runner.cards.cell_runs import CardRun
from runner.cards.cells import list_cells
from runner.cards.data_folders import read_data
from runner.cards.evidence import read_evidence
from runner.cards.finished_cells import FinishedCells
from runner.cards.shown_card import ShownCard, read_bundle
from runner.cards.verdict import Verdict
from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.cli.options import refuse_several
from runner.contract.limits import MIB, Limits
from runner.errors import ExitCode, UsageError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.policy import SandboxPolicy

PAGE = "card.html"
"""The page's name in the directory of a run."""


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


def run(
    path: Path,
    out: Path,
    data: tuple[str, ...],
    image: str,
    jobs: int | None,
    wall_seconds: float,
    memory_mib: int,
    rerun: bool,
    as_json: bool,
) -> int:
    """Judge a card, write its bundle and print what was found."""
    read = read_card(path)
    try:
        limits = Limits(wall_seconds=wall_seconds, memory_bytes=memory_mib * MIB)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    display = open_display()
    shared = share_inputs(read_data(data), read_evidence(read, display))
    engine = Engine.connect()
    resolved = engine.images.resolve(image)
    cells = CardRun(engine, resolved, SandboxPolicy(limits), jobs, rerun, display)
    concluded = conclude(read, cells.judge(read, shared, FinishedCells(out)))
    place = write_bundle(out, read, concluded, resolved)
    _print(read_bundle(place), as_json)
    is_verified = concluded.verdict is Verdict.VERIFIED
    return ExitCode.SCORED if is_verified else ExitCode.BELOW_GATE


def show(directory: Path, html: bool, output: Path | None, as_json: bool) -> int:
    """Print what a run of a card found, or write its page."""
    refuse_several(json=as_json, html=html or output is not None)
    shown = read_bundle(directory)
    if html or output is not None:
        from runner.cli.card_html import write_card_page  # noqa: PLC0415  (needs the html extra)

        path = output or shown.directory / PAGE
        write_card_page(path, shown)
        echo(f"page: {path}")
        return 0
    _print(shown, as_json)
    return 0


def _print(shown: ShownCard, as_json: bool) -> None:
    if as_json:
        echo_json({**asdict(shown), "cells": [cell.model_dump() for cell in shown.cells]})
        return
    for line in card_lines(shown):
        echo(line)
    echo(f"results: {shown.directory}")


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

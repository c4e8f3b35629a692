"""A card's file, read into a card; all that is wrong in it, by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pydantic import TypeAdapter

from runner.cards.card import Card, SymbolSpec
from runner.cards.pipeline import Graph
from runner.errors import CardError
from runner.files.regular_files import open_regular
from runner.files.wrong_fields import WrongField
from runner.files.yaml_files import MOST_BYTES, YamlForm, parse_yaml, read_yaml


@dataclass(frozen=True)
class CardFile:
    """A card as it was read.

    Attributes:
        content: the file's bytes.
        graph: the nodes of kwdagger, also where the card names a file of them.
    """

    path: Path
    content: bytes
    card: Card
    graph: Graph | None


def read_card(path: Path) -> CardFile:
    """Return the card in a YAML file.

    Raises:
        CardError: it can't be read, or something in it is wrong or not supported; names all of it.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CardError(f"{path}: can't be read ({error.strerror}).") from error
    card = parse_yaml(content, str(path), _CARD)
    return CardFile(path, content, card, _read_graph(path, card))


def _read_graph(path: Path, card: Card) -> Graph | None:
    if card.kwdagger is None:
        return None
    if isinstance(card.kwdagger.pipeline, Graph):
        return card.kwdagger.pipeline
    place = path.parent / card.kwdagger.pipeline
    graph = read_yaml(place, _GRAPH)
    faults = [f"kwdagger.{'.'.join(at)}: {what}" for at, what in card.kwdagger.graph_faults(graph)]
    if faults:
        raise CardError(f"{path}: {'; '.join(faults)} (the nodes are in {place})")
    return graph


def _find_faults(card: Card) -> Iterator[WrongField]:
    """Yield what is wrong between fields that are each right."""
    names = card.all_symbols
    for name, symbol in names.items():
        yield from _symbol_faults(card, name, symbol)
    known = {name: [d for d in s.dependencies if d in names] for name, s in names.items()}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        circle = error.args[1]
        what = f"go in a circle: {' -> '.join(circle)}"
        yield WrongField(("symbols", circle[0], _dependency_key(names[circle[0]])), what)
    if card.kwdagger is not None and isinstance(card.kwdagger.pipeline, Graph):
        for place, what in card.kwdagger.graph_faults(card.kwdagger.pipeline):
            yield WrongField(("kwdagger", *place), what)


def _symbol_faults(card: Card, name: str, symbol: SymbolSpec) -> Iterator[WrongField]:
    place = ("symbols", name)
    if symbol.python and not name.isidentifier():
        yield WrongField(place, "Python can't assign this name; give the symbol another")
    if not symbol.has_own_value and card.pipeline is None and card.kwdagger is None:
        yield WrongField(place, "needs a value, a sweep, python, reports, suite or told")
    if card.kwdagger is not None and symbol.sweep is not None:
        what = "a card with kwdagger sweeps in kwdagger.matrix, not in a symbol"
        yield WrongField((*place, "sweep"), what)
    for position, needed in enumerate(symbol.dependencies):
        is_known = needed in card.all_symbols or card.pipeline is not None
        if not is_known:
            key = _dependency_key(symbol)
            yield WrongField((*place, key, position), f"there is no symbol {needed!r:.60}")


def _dependency_key(symbol: SymbolSpec) -> str:
    return "depends" if symbol.depends_on is None else "depends_on"


_CARD = YamlForm(
    TypeAdapter(Card),
    "a mapping with title, description, version, organizations, submitter, tags, links and claim",
    CardError,
    find_faults=_find_faults,
)

_GRAPH = YamlForm(TypeAdapter(Graph), "a mapping with nodes", CardError)

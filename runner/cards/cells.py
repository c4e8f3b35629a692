"""The cells of a card: one for each combination of what is swept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from runner.cards.card_file import CardFile
from runner.cards.pipeline import Graph, KwdaggerSpec
from runner.errors import CardError

MOST_CELLS = 100_000
"""More are a slip of the pen: each has a container."""

ID_DIGITS = 12

Parameters = Mapping[str, Mapping[str, Any]]
"""The values of parameters, by node and parameter."""


@dataclass(frozen=True)
class Cell:
    """One combination of what is swept.

    Attributes:
        values: the values of swept symbols, by name.
        parameters: those of swept parameters of nodes.
    """

    values: Mapping[str, Any]
    parameters: Parameters

    @cached_property
    def id(self) -> str:
        """Return a name for its directory, the same in every run of the card."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:ID_DIGITS]

    @property
    def swept(self) -> Mapping[str, Any]:
        """Return all that is swept; a parameter is named node.parameter."""
        of_nodes = {
            f"{node}.{name}": value
            for node, parameters in self.parameters.items()
            for name, value in parameters.items()
        }
        return {**self.values, **of_nodes}

    @property
    def title(self) -> str:
        """Return its values in a line."""
        return ", ".join(f"{name}={value}" for name, value in self.swept.items()) or "the only cell"

    def _text(self) -> str:
        return json.dumps([self.values, self.parameters], sort_keys=True, default=str)


def list_cells(read: CardFile) -> list[Cell]:
    """Return the cells in the order of the card: of the first that is swept, the first value.

    Raises:
        CardError: there are too many.
    """
    card = read.card
    # As MAGNET has it, an empty sweep is none.
    sweeps = {name: symbol.sweep for name, symbol in card.all_symbols.items() if symbol.sweep}
    matrix: Mapping[str, Any] = {}
    if card.kwdagger is not None:
        matrix = card.kwdagger.matrix
    for name, node in (card.pipeline or {}).items():
        matrix = {f"{name}.{parameter}": value for parameter, value in node.parameters.items()}
    axes = {key: value if isinstance(value, list) else [value] for key, value in matrix.items()}
    count = prod(map(len, [*sweeps.values(), *axes.values()]))
    if count > MOST_CELLS:
        raise CardError(f"{read.path}: sweeps make {count} cells; {MOST_CELLS} is most.")
    configurations = [
        _by_node(dict(zip(axes, each, strict=True))) for each in product(*axes.values())
    ]
    if card.kwdagger is not None and read.graph is not None:
        configurations = _that_differ(configurations, read.graph, card.kwdagger)
    return [
        Cell(dict(zip(sweeps, combination, strict=True)), parameters)
        for parameters in configurations
        for combination in product(*sweeps.values())
    ]


def _by_node(values: Mapping[str, Any]) -> Parameters:
    parameters: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        node, _, name = key.rpartition(".")
        parameters.setdefault(node, {})[name] = value
    return parameters


def _that_differ(
    configurations: Sequence[Parameters], graph: Graph, spec: KwdaggerSpec
) -> list[Parameters]:
    """Return the configurations without what the result does not depend on, each once."""
    chain = graph.chain(spec.result_node)
    needed = [{node: each[node] for node in chain if node in each} for each in configurations]
    return list({json.dumps(each, sort_keys=True, default=str): each for each in needed}.values())

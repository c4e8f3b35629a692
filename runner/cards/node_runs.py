"""What a cell's nodes run: each a command of a shell, as kwdagger writes it. Pure."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.cards.card_file import CardFile
from runner.cards.cells import Cell
from runner.cards.pipeline import RESULTS, Graph, NodeSpec

NODES_DIR = "/tmp/nodes"  # noqa: S108  (in the container, where /tmp is its own)


@dataclass(frozen=True)
class NodeRun:
    """A node with its parameters and paths.

    Attributes:
        command: for a shell.
        outputs: the paths of its outputs.
        result: that of its result; None if it has none.
    """

    node: str
    command: str
    outputs: tuple[str, ...]
    result: str | None


def node_runs(read: CardFile, cell: Cell) -> list[NodeRun]:
    """Return what runs before the claim of a cell, in its order; the last gives the evidence."""
    card = read.card
    if card.kwdagger is not None and read.graph is not None:
        chain = read.graph.chain(card.kwdagger.result_node)
        ports: dict[tuple[str, str], Any] = {}
        return [_wired_run(name, read.graph, cell, ports) for name in chain]
    return [
        _run(name, node, {**node.inputs, **cell.parameters.get(name, {})}, RESULTS)
        for name, node in (card.pipeline or {}).items()
    ]


def _wired_run(name: str, graph: Graph, cell: Cell, ports: dict[tuple[str, str], Any]) -> NodeRun:
    """Return a node's run; note the value of each of its ports for those that come after it."""
    node, given = graph.nodes[name], cell.parameters.get(name, {})
    wired = {edge.target[1]: ports[edge.source] for edge in graph.edges if edge.target[0] == name}
    # As kwdagger has it: what the matrix says outranks an edge for a path, not for a parameter.
    paths = {port: given.get(port, wired.get(port, node.inputs[port])) for port in node.inputs}
    values = {**node.parameters, **given, **wired, **paths}
    ports |= {(name, port): value for port, value in values.items()}
    ports |= {(name, key): _place(name, path) for key, path in node.out_paths.items()}
    return _run(name, node, values, node.result_key)


def _run(name: str, node: NodeSpec, values: Mapping[str, Any], result_key: str | None) -> NodeRun:
    outputs = {key: _place(name, path) for key, path in node.out_paths.items()}
    arguments = [_argument(key, value) for key, value in sorted({**values, **outputs}.items())]
    command = " \\\n    ".join([node.program, *arguments])
    result = None if result_key is None else outputs.get(result_key)
    return NodeRun(name, command, tuple(outputs.values()), result)


def _place(node: str, path: str) -> str:
    return f"{NODES_DIR}/{node}/{path}"


def _argument(key: str, value: Any) -> str:
    if isinstance(value, list):
        return shlex.join([f"--{key}", *map(str, value)])
    text = json.dumps(value) if isinstance(value, Mapping) else str(value)
    return f"--{key}={shlex.quote(text)}"

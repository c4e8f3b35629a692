"""The nodes of a card: programs with swept parameters, and the files they leave.

``pipeline`` is MAGNET's own, one node; ``kwdagger`` is a graph of nodes, with a matrix. Of
kwdagger's language what needs no kwdagger is read; the rest is refused by name.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from runner.files.wrong_fields import fault_below
from runner.suites.division_spec import StrictModel

RESULTS = "results_fpath"
"""The path of the result file among the output paths of a ``pipeline`` node."""

NAME = r"^[A-Za-z0-9_-]+$"


UNSUPPORTED = {
    "load_result": "a Python function of the organizer's process; results are read as JSON",
    "class_": "a Python class of the organizer's process; give the node an executable",
    "result": "values are read at result.metrics",
    "setup": "a node runs in a container of its own",
    "teardown": "a node runs in a container of its own",
    "slurm_options": "nodes run in containers of this machine",
    "config": "write algo_params, or the matrix",
    "group": "results are kept by their digest",
    "node_dpath": "results are kept by their digest",
    "group_dpath": "results are kept by their digest",
    "gather": "a cell has a container of its own, which sees the results of its own nodes only",
    "include": "write each combination as values of the matrix",
    "exclude": "write each combination as values of the matrix",
    "submatrices": "there is one matrix",
}
"""What kwdagger has and the runner has not: why, or what to do."""


def _refuse(value: Any, info: ValidationInfo) -> None:
    if value is not None:
        raise ValueError(f"the runner does not support it: {UNSUPPORTED[str(info.field_name)]}")


Refused = Annotated[None, BeforeValidator(_refuse)]


def _named_alone(parameters: Any) -> Any:
    """Return parameters; a list names some that have no value but the matrix's."""
    is_list = isinstance(parameters, list) and all(isinstance(name, str) for name in parameters)
    return {} if is_list else parameters


Parameters = Annotated[Mapping[str, Any], BeforeValidator(_named_alone)]


class NodeSpec(StrictModel):
    """A program that runs once for each combination of its parameters.

    Attributes:
        executable: what a shell runs; ``--parameter=value`` is added for each parameter and path.
        in_paths: names of input files, which edges or the matrix give; a mapping has defaults.
        out_paths: file names of the outputs, by parameter.
        primary_out_key: which output is the result, if there are several.
    """

    executable: Annotated[str, Field(min_length=1)] | None = None
    command: Annotated[str, Field(min_length=1)] | None = None
    algo_params: Parameters = Field(default={})
    perf_params: Parameters = Field(default={})
    in_paths: tuple[str, ...] | Mapping[str, str | None] = ()
    out_paths: Mapping[str, str] = {}
    primary_out_key: str | None = None
    metrics: Any = None  # how kwdagger's own tables show the node; no claim sees it
    vantage_points: Any = None  # the same
    class_: Refused = Field(default=None, alias="class")
    load_result: Refused = None
    result: Refused = None
    setup: Refused = None
    teardown: Refused = None
    slurm_options: Refused = None
    config: Refused = None
    group: Refused = None
    node_dpath: Refused = None
    group_dpath: Refused = None

    @field_validator("out_paths")
    @classmethod
    def _stay_inside(cls, paths: Mapping[str, str]) -> Mapping[str, str]:
        for key, path in paths.items():
            if path.startswith("/") or ".." in path.split("/") or not path:
                raise fault_below("should be a file's name below the node's own folder", key)
        return paths

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if (self.executable is None) == (self.command is None):
            raise ValueError("needs an executable, or a command, which means the same")
        if self.primary_out_key is not None and self.primary_out_key not in self.out_paths:
            raise fault_below("is none of out_paths", "primary_out_key")
        return self

    @property
    def program(self) -> str:
        """Return what a shell runs, without its parameters."""
        return self.executable or self.command or ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the parameters with their values, or the values that they are swept over."""
        return {**self.perf_params, **self.algo_params}

    @property
    def inputs(self) -> Mapping[str, str | None]:
        """Return the input paths with their defaults."""
        return self.in_paths if isinstance(self.in_paths, Mapping) else dict.fromkeys(self.in_paths)

    @property
    def result_key(self) -> str | None:
        """Return which output is the node's result; None if that is not said."""
        if self.primary_out_key is not None or len(self.out_paths) != 1:
            return self.primary_out_key
        return next(iter(self.out_paths))


Nodes = Annotated[Mapping[Annotated[str, Field(pattern=NAME)], NodeSpec], Field(min_length=1)]


class Edge(StrictModel):
    """An output of a node that is an input of another, or a parameter that two share."""

    src: str
    dst: str
    src_key: str | None = None
    dst_key: str | None = None
    gather: Refused = None

    @property
    def source(self) -> tuple[str, str]:
        """Return the node and the port that it begins at."""
        return _endpoint(self.src, self.src_key)

    @property
    def target(self) -> tuple[str, str]:
        """Return the node and the port that it ends at."""
        return _endpoint(self.dst, self.dst_key)


def _endpoint(node: str, key: str | None) -> tuple[str, str]:
    if key is not None:
        return node, key
    name, _, port = node.rpartition(".")
    return name.strip(), port.strip()


def _read_edge(edge: Any) -> Any:
    if not isinstance(edge, str):
        return edge
    source, arrow, target = edge.partition("->")
    if not arrow:
        raise ValueError("should be e.g. first.out_fpath -> second.in_fpath")
    return {"src": source.strip(), "dst": target.strip()}


class Graph(StrictModel):
    """Nodes, and how they hang together."""

    nodes: Nodes
    edges: tuple[Edge, ...] = ()

    @field_validator("edges", mode="before")
    @classmethod
    def _as_mappings(cls, edges: Any) -> Any:
        return [_read_edge(edge) for edge in edges] if isinstance(edges, list) else edges

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for position, edge in enumerate(self.edges):
            for end, (node, port) in (("src", edge.source), ("dst", edge.target)):
                if node not in self.nodes:
                    raise fault_below(f"there is no node {node!r:.60}", "edges", position, end)
                if port not in _ports(self.nodes[node], is_source=end == "src"):
                    raise fault_below(f"{node} has no {port!r:.60}", "edges", position, end)
        try:
            self.order()
        except CycleError as error:
            raise fault_below(f"go in a circle: {' -> '.join(error.args[1])}", "edges") from None
        return self

    def order(self) -> tuple[str, ...]:
        """Return the nodes' names, each after those that it needs.

        Raises:
            CycleError: there is no such order.
        """
        needs: dict[str, list[str]] = {name: [] for name in self.nodes}
        for edge in self.edges:
            needs[edge.target[0]].append(edge.source[0])
        return tuple(TopologicalSorter(needs).static_order())

    def chain(self, node: str) -> tuple[str, ...]:
        """Return a node and all that it needs, in the order in which they run."""
        needed = {node}
        for name in reversed(self.order()):
            if name in needed:
                needed |= {e.source[0] for e in self.edges if e.target[0] == name}
        return tuple(name for name in self.order() if name in needed)


def _ports(node: NodeSpec, *, is_source: bool) -> set[str]:
    ports = {*node.inputs, *node.parameters}
    return ports | set(node.out_paths) if is_source else ports


def _none_is_empty(matrix: Any) -> Any:
    return {} if matrix is None else matrix


def _graph_or_path(value: Any) -> str:
    return "path" if isinstance(value, str) else "graph"


class KwdaggerSpec(StrictModel):
    """A graph of nodes, the matrix of their parameters, and the node whose results are evidence.

    ``pipeline`` is the graph, or the path of a YAML file that has it, relative to the card.
    """

    pipeline: Annotated[
        Annotated[Graph, Tag("graph")] | Annotated[str, Tag("path")], Discriminator(_graph_or_path)
    ]
    result_node: str
    matrix: Annotated[Mapping[str, Any], BeforeValidator(_none_is_empty)] = {}
    include: Refused = None
    exclude: Refused = None
    submatrices: Refused = None

    @field_validator("pipeline")
    @classmethod
    def _no_function(cls, pipeline: Any) -> Any:
        if isinstance(pipeline, str) and not pipeline.endswith((".yaml", ".yml", ".json")):
            raise ValueError(
                "the runner does not support it: a Python function of the organizer's process; "
                "write nodes and edges, or the path of a YAML file of them"
            )
        return pipeline

    @field_validator("matrix")
    @classmethod
    def _names_parameters(cls, matrix: Mapping[str, Any]) -> Mapping[str, Any]:
        for key, values in matrix.items():
            node, _, parameter = key.rpartition(".")
            if key in ("include", "exclude") or not node or parameter.startswith("__"):
                raise fault_below("the runner does not support it; write node.parameter", key)
            if isinstance(values, Mapping) or values == []:
                raise fault_below("should be a value, or a list of values", key)
        return matrix

    def graph_faults(self, graph: Graph) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what does not fit the graph: where it is below kwdagger, and what is wrong."""
        no_node = f"there is no such node; there are {', '.join(graph.nodes)}"
        if self.result_node not in graph.nodes:
            yield ("result_node",), no_node
        elif graph.nodes[self.result_node].result_key is None:
            yield ("result_node",), "its node needs primary_out_key"
        for key in self.matrix:
            if key.rpartition(".")[0] not in graph.nodes:
                yield ("matrix", key), no_node
        given = {*self.matrix, *(".".join(edge.target) for edge in graph.edges)}
        for name, node in graph.nodes.items():
            for port, default in node.inputs.items():
                if default is None and f"{name}.{port}" not in given:
                    place = ("pipeline", "nodes", name, "in_paths")
                    yield place, f"{port} has no edge, default or value of the matrix"

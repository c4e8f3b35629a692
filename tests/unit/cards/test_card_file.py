"""A card is read strictly: what is wrong, or not supported, is said with its line."""

from pathlib import Path
from typing import Any

import pytest

from runner.cards.card_file import read_card
from runner.errors import CardError
from tests.card_builder import NODE, write_card


def refusal(folder: Path, **changes: Any) -> str:
    path = write_card(folder, **changes)
    with pytest.raises(CardError) as refused:
        read_card(path)
    return str(refused.value).removeprefix(f"{path}: ")


def graph(**node: Any) -> dict[str, Any]:
    return {"pipeline": {"nodes": {"a": {**NODE, **node}}}, "result_node": "a"}


def test_a_card_with_every_field_of_a_symbol_is_read(tmp_path: Path) -> None:
    metric = {"objective": "minimize", "aggregation_strategy": {"type": "max"}}
    metadata = {"kind": "metric", "display": True, "display_name": "X", "define_metric": metric}
    symbols = {
        "n": {"sweep": [1, 2]},
        "x": {"type": "Dict[str, List[int]]", "python": "x = {}", "depends_on": ["n"]},
        "y": {"type": "Any", "python": "y = x", "depends": ["x"], "metadata": metadata},
    }
    read = read_card(write_card(tmp_path, symbols=symbols))
    assert read.card.all_symbols["y"].dependencies == ("x",)


@pytest.mark.parametrize("version", [1, 1.5, "2"])
def test_a_version_may_be_a_number(version: Any, tmp_path: Path) -> None:
    assert read_card(write_card(tmp_path, version=version)).card.version == str(version)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "title: this field is required"),
    ({"title": 5}, "line 1: title: should be text, not 5: put it in quotes"),
    ({"version": True}, "version: should be text, not True"),
    ({"claims": {}}, "claims: no such field; did you mean claim?"),
    ({"claim": {"python": "x =="}}, "claim.python: is no Python (invalid syntax, in its line 1)"),
    ({"symbols": None}, "needs symbols, as it has neither pipeline nor kwdagger"),
    ({"symbols": {"x": {"typ": "int"}}}, "symbols.x.typ: no such field; did you mean type?"),
    ({"symbols": {"x": {"type": "int"}}}, "symbols.x: needs a value, a sweep, python"),
    ({"symbols": {"x": {"type": "Lst[int]", "value": 1}}}, "symbols.x.type: 'Lst[int]' is no type"),
    ({"symbols": {"x": {"type": "exit()", "value": 1}}}, "symbols.x.type: 'exit()' is no type"),
    ({"symbols": {"x": {"python": "x = ("}}}, "symbols.x.python: is no Python"),
    ({"symbols": {"a.b": {"python": "x = 1"}}}, "symbols.a.b: Python can't assign this name"),
    (
        {"symbols": {"x": {"value": 1, "depends_on": ["y"], "depends": ["z"]}}},
        "symbols.x.depends: depends is another name of depends_on; they differ",
    ),
    (
        {"symbols": {"x": {"value": 1, "depends": ["y"]}}},
        "symbols.x.depends, item 1: there is no symbol 'y'",
    ),
    (
        {"symbols": {"x": {"value": 1, "depends_on": ["y"]}, "y": {"value": 1, "depends": ["x"]}}},
        "symbols.x.depends_on: go in a circle: x -> y -> x",
    ),
    ({"symbols": {"x": {"reports": "r", "value": 1}}}, "symbols.x.reports: has reports and value"),
    (
        {"claim_aggregation_strategy": {"type": "most"}},
        "claim_aggregation_strategy.type: should be",
    ),
    ({"claim_aggregation_strategy": {"type": "fraction"}}, "a fraction needs parameters"),
    (
        {"claim_aggregation_strategy": {"type": "fraction", "parameters": {"threshold": 8}}},
        "claim_aggregation_strategy.parameters.threshold: should be less than or equal to 1",
    ),
    ({"pipeline": {"a": NODE, "b": NODE}}, "pipeline: has 2 nodes; MAGNET 0.1.0 reads the results"),
    ({"pipeline": {"a": NODE}, "kwdagger": graph()}, "a card has kwdagger or pipeline, not both"),
    (
        {"pipeline": {"a": {**NODE, "out_paths": {"o": "o.json"}}}},
        "pipeline.a.out_paths: needs results_fpath: the JSON that has the symbols",
    ),
    (
        {"theory": {"entries": [{"id": "a", "kind": "theorem"}]}},
        "theory.entries, item 1: needs a statement or a declaration",
    ),
    (
        {"theory": {"links": [{"relation": "tests", "ref": "a::b"}]}},
        "theory.links, item 1, ref: a card links to a statement",
    ),
    ({"name": "x"}, "name: only a card with kwdagger has it"),
    ({"kwdagger": {**graph(), "result_node": "b"}}, "kwdagger.result_node: there is no such node"),
    ({"kwdagger": {**graph(), "matrix": {"b.x": 1}}}, "kwdagger.matrix.b.x: there is no such node"),
    (
        {"kwdagger": graph(in_paths=["src"])},
        "kwdagger.pipeline.nodes.a.in_paths: src has no edge, default or value of the matrix",
    ),
    (
        {"kwdagger": graph(out_paths={"o": "../o"})},
        "kwdagger.pipeline.nodes.a.out_paths.o: should be a file's name below",
    ),
    (
        {"kwdagger": graph(), "symbols": {"x": {"sweep": [1]}}},
        "symbols.x.sweep: a card with kwdagger sweeps in kwdagger.matrix",
    ),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_wrong_is_named_with_its_line(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    shown = refusal(tmp_path, **changes)
    assert said in shown
    assert shown.startswith("line ")


UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"kwdagger": graph(load_result="a.b")}, "kwdagger.pipeline.nodes.a.load_result"),
    ({"kwdagger": {**graph(), "submatrices": []}}, "kwdagger.submatrices"),
    ({"kwdagger": {**graph(), "matrix": {"include": []}}}, "kwdagger.matrix.include"),
    ({"kwdagger": {"pipeline": "module.f()", "result_node": "a"}}, "kwdagger.pipeline"),
    ({"pipeline": {"a": {**NODE, "class": "m.C"}}}, "pipeline.a.class"),
    ({"pipeline": {"a": {**NODE, "setup": "x"}}}, "pipeline.a.setup"),
    (
        {
            "kwdagger": {
                "pipeline": {
                    "nodes": {"a": NODE, "b": {**NODE, "in_paths": ["i"]}},
                    "edges": [{"src": "a.results_fpath", "dst": "b.i", "gather": {}}],
                },
                "result_node": "b",
            }
        },
        "kwdagger.pipeline.edges, item 1, gather",
    ),
]


@pytest.mark.parametrize(("changes", "named"), UNSUPPORTED, ids=[name for _, name in UNSUPPORTED])
def test_what_the_runner_does_not_support_is_refused_by_name(
    changes: dict[str, Any], named: str, tmp_path: Path
) -> None:
    assert f"{named}: the runner does not support it" in refusal(tmp_path, **changes)


def test_a_custom_metric_is_refused_by_name(tmp_path: Path) -> None:
    metadata = {"define_metric": {"aggregation_strategy": {"type": "custom"}}}
    shown = refusal(tmp_path, symbols={"x": {"value": 1, "metadata": metadata}})
    assert "aggregation_strategy.type: custom is not supported" in shown


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    symbols = {"x": {"value": 1, "depends_on": ["y", "z"]}, "w": {"type": "int"}}
    assert refusal(tmp_path, symbols=symbols).startswith("3 fields are wrong:\n")


def test_a_graph_in_a_file_of_its_own_is_read_beside_the_card(tmp_path: Path) -> None:
    (tmp_path / "dag.yaml").write_text("nodes: {a: {executable: x, out_paths: {o: o.json}}}")
    read = read_card(write_card(tmp_path, kwdagger={"pipeline": "dag.yaml", "result_node": "a"}))
    assert read.graph is not None
    assert list(read.graph.nodes) == ["a"]


def test_a_graph_in_a_file_that_lacks_the_result_node_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dag.yaml").write_text("nodes: {a: {executable: x}}")
    shown = refusal(tmp_path, kwdagger={"pipeline": "dag.yaml", "result_node": "b"})
    assert "kwdagger.result_node: there is no such node; there are a" in shown


def test_what_kwdagger_lets_be_left_out_may_be(tmp_path: Path) -> None:
    kwdagger = {**graph(algo_params=["p"]), "matrix": None}
    read = read_card(write_card(tmp_path, kwdagger=kwdagger))
    assert read.graph is not None
    assert read.graph.nodes["a"].parameters == {}


def test_a_card_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="can't be read"):
        read_card(tmp_path / "none.yaml")

"""Nodes are run by the commands that kwdagger would write."""

from pathlib import Path
from typing import Any

from runner.cards.card_file import read_card
from runner.cards.cells import list_cells
from runner.cards.node_runs import NodeRun, node_runs
from tests.card_builder import write_card


def runs(folder: Path, **changes: Any) -> list[NodeRun]:
    read = read_card(write_card(folder, **changes))
    return node_runs(read, list_cells(read)[0])


def test_a_node_gets_its_parameters_and_paths_sorted_and_quoted(tmp_path: Path) -> None:
    node = {
        "executable": "python3 node.py",
        "algo_params": {"text": ["it's", "b"], "n": None},
        "out_paths": {"results_fpath": "out/r.json"},
    }
    (run,) = runs(tmp_path, pipeline={"node": node})
    assert run.command == (
        "python3 node.py \\\n    --n=None \\\n    --results_fpath=/tmp/nodes/node/out/r.json"
        " \\\n    --text='it'\"'\"'s'"
    )
    assert run.result == "/tmp/nodes/node/out/r.json"


def graph(**matrix: Any) -> dict[str, Any]:
    first = {"executable": "one", "algo_params": {"p": 1}, "out_paths": {"o": "o.json"}}
    second = {
        "executable": "two",
        "in_paths": ["i"],
        "algo_params": {"p": 2, "several": [1, 2]},
        "out_paths": {"r": "r.json"},
    }
    edges = ["one.o -> two.i", "one.p -> two.p"]
    nodes = {"two": second, "one": first, "beside": {"executable": "x"}}
    return {
        "pipeline": {"nodes": nodes, "edges": edges},
        "result_node": "two",
        "matrix": matrix,
    }


def test_nodes_run_after_those_they_need_and_others_do_not(tmp_path: Path) -> None:
    assert [run.node for run in runs(tmp_path, kwdagger=graph())] == ["one", "two"]


def test_an_edge_gives_a_path_and_a_parameter(tmp_path: Path) -> None:
    first, second = runs(tmp_path, kwdagger=graph(**{"one.p": 7, "two.p": 8}))
    assert "--p=7" in first.command
    assert "--i=/tmp/nodes/one/o.json" in second.command
    assert "--p=7" in second.command
    assert "--several 1 2" in second.command


def test_the_matrix_outranks_an_edge_for_a_path(tmp_path: Path) -> None:
    _, second = runs(tmp_path, kwdagger=graph(**{"two.i": "given.json"}))
    assert "--i=given.json" in second.command

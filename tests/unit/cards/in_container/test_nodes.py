"""Nodes are run by a shell, and it is their result files that count."""

from pathlib import Path
from typing import Any

import pytest

from runner.cards.in_container.nodes import kwdagger_row, pipeline_values, run_nodes
from runner.cards.in_container.shown import CardFault


def node(name: str, command: str, result: Path) -> dict[str, Any]:
    return {"node": name, "command": command, "outputs": [str(result)], "result": str(result)}


def written(folder: Path, text: str) -> list[dict[str, Any]]:
    path = folder / "r.json"
    path.write_text(text)
    return [node("n", "true", path)]


def test_a_node_whose_file_is_there_has_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "r.json"
    assert run_nodes([node("n", f"echo {{}} > {path}; exit 3", path)]) is None


def test_a_node_that_leaves_no_file_is_no_evidence_and_the_next_does_not_run(
    tmp_path: Path,
) -> None:
    second = node("m", f"touch {tmp_path}/m", tmp_path / "m")
    reason = run_nodes([node("n", "exit 3", tmp_path / "n"), second])
    assert reason == "the node n ended with exit code 3 and left no result"
    assert not (tmp_path / "m").exists()


def test_keys_of_the_result_become_symbols_but_those_with_an_underscore(tmp_path: Path) -> None:
    assert pipeline_values(written(tmp_path, '{"a": 1, "_b": 2}')) == {"a": 1}


def test_the_older_nesting_below_result_is_read_too(tmp_path: Path) -> None:
    assert pipeline_values(written(tmp_path, '{"result": {"a": 1}}')) == {"a": 1}


@pytest.mark.parametrize("text", ["", "[1]", '{"result": 1}', "{"])
def test_a_result_that_is_no_object_aborts_the_card(text: str, tmp_path: Path) -> None:
    with pytest.raises(CardFault, match="the result file"):
        pipeline_values(written(tmp_path, text))


def test_a_row_has_metrics_parameters_and_what_the_node_resolved(tmp_path: Path) -> None:
    text = (
        '{"result": {"metrics": {"a": {"b": 1}}}, "info": [{"properties": {"config": {"p": 2}}}]}'
    )
    assert kwdagger_row(written(tmp_path, text), {"n.p": 3}) == {
        "node": "n",
        "metrics.n.a.b": 1,
        "resolved_params.n.p": 2,
        "params.n.p": 3,
        "specified.params.n.p": 1,
    }

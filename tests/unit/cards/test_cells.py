"""A card's cells are the product of what it sweeps."""

from pathlib import Path
from typing import Any

import pytest

from runner.cards import cells
from runner.cards.card_file import read_card
from runner.cards.cells import list_cells
from runner.errors import CardError
from tests.card_builder import NODE, write_card


def swept(folder: Path, **changes: Any) -> list[Any]:
    return [dict(cell.swept) for cell in list_cells(read_card(write_card(folder, **changes)))]


def test_a_card_without_a_sweep_has_one_cell(tmp_path: Path) -> None:
    assert swept(tmp_path) == [{}]


def test_two_sweeps_make_their_product_the_last_one_first(tmp_path: Path) -> None:
    symbols = {"a": {"sweep": [1, 2]}, "b": {"sweep": ["x", "y"]}}
    expected = [{"a": a, "b": b} for a in (1, 2) for b in ("x", "y")]
    assert swept(tmp_path, symbols=symbols) == expected


def test_an_empty_sweep_is_none_as_in_magnet(tmp_path: Path) -> None:
    assert swept(tmp_path, symbols={"a": {"sweep": [], "python": "a = [1]"}}) == [{}]


def test_lists_of_a_pipelines_parameters_are_swept(tmp_path: Path) -> None:
    node = {**NODE, "algo_params": {"p": [1, 2], "q": "s"}}
    expected = [{"node.p": 1, "node.q": "s"}, {"node.p": 2, "node.q": "s"}]
    assert swept(tmp_path, pipeline={"node": node}) == expected


def test_values_that_the_result_does_not_depend_on_make_no_cells(tmp_path: Path) -> None:
    kwdagger = {
        "pipeline": {"nodes": {"a": NODE, "beside": NODE}},
        "result_node": "a",
        "matrix": {"a.p": [1, 2], "beside.p": [1, 2, 3]},
    }
    assert swept(tmp_path, kwdagger=kwdagger) == [{"a.p": 1}, {"a.p": 2}]


def test_equal_cells_have_equal_ids_and_others_differ(tmp_path: Path) -> None:
    path = write_card(tmp_path, symbols={"a": {"sweep": [1, "1", True, None, [1]]}})
    ids = [[cell.id for cell in list_cells(read_card(path))] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 5


def test_more_cells_than_anyone_means_are_refused_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_CELLS", 3)
    path = write_card(tmp_path, symbols={"a": {"sweep": [1, 2]}, "b": {"sweep": [1, 2]}})
    with pytest.raises(CardError, match="sweeps make 4 cells; 3 is most"):
        list_cells(read_card(path))

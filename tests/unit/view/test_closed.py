"""What an open ledger has made is closed, wherever the view begins."""

from pathlib import Path

import pytest

from runner.view.closed import read_marks
from tests.view_builder import open_ledger


@pytest.mark.parametrize("below", [".", "demo", "demo/image", "demo/image/cases"])
def test_a_place_under_an_open_ledger_is_closed_wherever_the_view_begins(
    tmp_path: Path, below: str
) -> None:
    ledger = open_ledger(tmp_path / "ledger", tmp_path / "demo")
    root = tmp_path / below
    root.mkdir(parents=True, exist_ok=True)
    place = tmp_path / "demo" / "image" / "cases"
    assert read_marks(root, [tmp_path / "demo"]).is_closed(place)
    assert not read_marks(root, [tmp_path / "demo"]).is_closed(tmp_path / "other")  # the control
    ledger.close(by="ann", why="the end")
    ended = read_marks(root, [tmp_path / "demo"])
    assert not ended.is_closed(place)  # the control
    assert ended.has_ledger(place)


def test_a_folder_that_is_named_by_a_link_is_closed_too(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger", tmp_path / "demo")
    (tmp_path / "demo" / "image").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "demo" / "image")
    assert read_marks(tmp_path / "link", []).is_closed(tmp_path / "link" / "cases")


def test_a_ledger_that_cannot_be_read_may_be_open(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger", tmp_path / "demo")
    (tmp_path / "ledger").unlink()
    assert read_marks(tmp_path, [tmp_path / "demo"]).is_closed(tmp_path / "demo" / "image")

"""Finished cells are kept by digest, whole, and for their user alone."""

from pathlib import Path

from runner.cards.finished_cells import FinishedCell, FinishedCells
from tests.unit.evaluation.builder import RUN

FINISHED = FinishedCell("2026-01-01T00:00:00+00:00", RUN)


def test_what_was_kept_is_found_by_its_digest_alone(tmp_path: Path) -> None:
    cells = FinishedCells(tmp_path)
    cells.keep("a", FINISHED)
    assert cells.find("a") == FINISHED
    assert cells.find("b") is None


def test_a_file_that_was_changed_is_no_finished_cell(tmp_path: Path) -> None:
    cells = FinishedCells(tmp_path)
    cells.keep("a", FINISHED)
    (path,) = (tmp_path / "_cells").iterdir()
    path.write_text("{}")
    assert cells.find("a") is None


def test_no_other_user_can_read_it(tmp_path: Path) -> None:
    FinishedCells(tmp_path).keep("a", FINISHED)
    for path in (tmp_path / "_cells", *(tmp_path / "_cells").iterdir()):
        assert path.stat().st_mode & 0o077 == 0

"""A card reads the folders that the organizer names, and nothing beside them."""

import os
from pathlib import Path

import pytest

from runner.cards import data_folders
from runner.cards.data_folders import read_data
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.submissions.told import mark_reports
from tests.unit.files.deep_folders import make_deep


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "in").mkdir(parents=True)
    (tmp_path / "data" / "in" / "a.txt").write_text("a")
    (tmp_path / "data" / "b.txt").write_text("b")
    (tmp_path / "secret.txt").write_text("s")
    return tmp_path / "data"


def test_a_folder_is_read_under_its_own_name(folder: Path) -> None:
    assert read_data(["./data"]) == {"data/data/b.txt": b"b", "data/data/in/a.txt": b"a"}


def test_a_folder_elsewhere_gets_the_name_that_the_card_has_for_it(folder: Path) -> None:
    assert read_data([f"x/y={folder}/in"]) == {"data/x/y/a.txt": b"a"}


@pytest.mark.parametrize("given", ["/abs", "../up", "a/../../b", "", "=x"])
def test_a_name_that_the_container_does_not_have_is_refused(given: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="below its own current one"):
        read_data([given])


@pytest.mark.parametrize("given", ["none", "data/b.txt", "x=none"])
def test_what_is_no_folder_is_refused(given: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        read_data([given])


@pytest.mark.parametrize("target", ["../secret.txt", ".."])
def test_a_link_is_refused_so_that_nothing_beside_the_folder_is_read(
    target: str, folder: Path
) -> None:
    (folder / "link").symlink_to(target)
    with pytest.raises(UsageError, match="link is a link"):
        read_data(["data"])


def test_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match="pipe can't be read"):
        read_data(["data"])


def test_more_than_a_container_gets_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_folders, "MOST_DATA_BYTES", 1)
    with pytest.raises(UsageError, match="the folders have more than"):
        read_data(["data"])


@pytest.mark.parametrize("marked", [".", "data", "data/in"])
def test_nothing_beside_or_below_an_open_ledgers_reports_is_read(
    marked: str, folder: Path, tmp_path: Path
) -> None:
    """Whatever its name: a case's log and predictions are no report.json."""
    assert read_data(["data"])  # the control
    ledger = Ledger(tmp_path / "a.ledger")
    ledger.create(Rules(seed="s"))
    mark_reports(tmp_path / marked, ledger.path)
    with pytest.raises(UsageError, match="is open"):
        read_data(["data"])
    ledger.close("ann", "the deadline has passed")
    assert read_data(["data"])


def test_folders_may_be_deeper_than_pythons_stack() -> None:
    with scratch_directory() as scratch:  # which pytest could not remove
        (scratch / "file").write_bytes(b"read")
        make_deep(scratch, 1200)
        assert read_data([f"data={scratch}"]) == {"data/data/file": b"read"}

"""A half that is open: every byte is checked, also when it is read later."""

import os
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.suites.open_half import Part, _shares
from runner.suites.opening import open_public_half
from runner.suites.suite import Suite
from tests.hardships import without_rights
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return build_unaudited(write_suite(tmp_path), tmp_path / "suite")


def a_part(suite: Suite) -> Part:
    return suite.part(suite.cases[0].train_runs[-1], "train/stats.parquet")


def test_what_is_written_into_an_open_file_is_never_read(suite: Suite) -> None:
    part, path = a_part(suite), suite.root / "public" / "train" / "stats.parts"
    content = part.read()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(SuiteError, match=f"{path}: changed since the suite was built"):
        part.read()
    path.write_bytes(whole[:-5])
    with pytest.raises(SuiteError, match=f"{path}: changed since the suite was built"):
        part.read()
    path.write_bytes(whole)
    assert part.read() == content


def test_a_pipe_in_place_of_a_file_is_refused_at_once(suite: Suite) -> None:
    path = suite.root / "public" / "train" / "stats.parts"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(SuiteError, match=f"{path}: missing"):
        open_public_half(suite.root)


@pytest.mark.parametrize("mode", [0o000, 0o311])
def test_a_folder_that_is_closed_to_this_user_is_told_as_such(
    suite: Suite, open_folder: Path, mode: int
) -> None:
    root = suite.root.rename(open_folder / "suite")
    folder = root / "public" / "train"
    folder.chmod(mode)
    with without_rights(), pytest.raises(SuiteError, match=r"Permission denied.*public/train"):
        open_public_half(root)
    folder.chmod(0o755)
    with without_rights():
        open_public_half(root)  # the control


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_every_part_is_in_one_share(suite: Suite, workers: int) -> None:
    every = [part for parts in suite.shown.parts.values() for part in parts.values()]
    shares = _shares(every, workers)
    assert [part for share in shares for part in share] == every
    assert len([share for share in shares if share]) >= min(workers, len(every))

"""All assets of a folder are in the suite, or it is not built."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.building.sources import asset_paths
from runner.errors import SuiteError
from runner.suites.spec import SuiteSpec
from tests.hardships import without_rights


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "assets" / "model").mkdir(parents=True)
    (tmp_path / "assets" / "model" / "weights").write_bytes(b"1")
    (tmp_path / "assets" / "empty").mkdir()
    return tmp_path / "assets"


def names(assets: Path) -> list[str]:
    spec = SuiteSpec(name="s", version="1", helm_runs=("runs",), assets=str(assets))
    return list(asset_paths(spec))


def test_links_to_files_are_followed(assets: Path) -> None:
    (assets / "same").symlink_to(assets / "model" / "weights")
    assert names(assets) == ["model/weights", "same"]


@pytest.mark.parametrize(
    "add",
    [
        lambda path: path.symlink_to("model"),
        lambda path: path.symlink_to("nowhere"),
        os.mkfifo,
    ],
    ids=["a link to a folder", "a link to nowhere", "a pipe"],
)
def test_what_would_be_missing_among_the_assets_is_refused(
    assets: Path, add: Callable[[Path], None]
) -> None:
    add(assets / "more")
    with pytest.raises(SuiteError, match=r"assets/more: neither a file nor a folder"):
        names(assets)


def test_an_asset_whose_name_is_no_text_is_refused(assets: Path) -> None:
    (assets / os.fsdecode(b"\xff")).write_bytes(b"1")
    with pytest.raises(SuiteError, match="udcff': its name is no text"):
        names(assets)


def test_assets_in_a_folder_that_is_closed_to_this_user_are_not_left_out(open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0)
    (open_folder / "weights").write_bytes(b"1")
    with without_rights(), pytest.raises(PermissionError):
        names(open_folder)
    (open_folder / "closed").chmod(0o755)
    with without_rights():
        assert names(open_folder) == ["weights"]  # the control

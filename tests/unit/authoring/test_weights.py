import os
import time
from pathlib import Path

import pytest

from runner.authoring import weights
from runner.authoring.weights import weights_digest, weights_names
from runner.errors import UsageError
from runner.progress import SILENT, Silent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    blobs = tmp_path / "predictor" / "weights" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "one").write_text("first")
    (blobs.parent / "model").symlink_to("blobs/one")
    (tmp_path / "predictor" / "predictor.py").write_text("pass\n")
    return tmp_path / "predictor"


def test_weights_are_what_lies_below_their_folder_and_is_not_ignored(folder: Path) -> None:
    assert weights_names(folder) == [
        "weights",
        "weights/blobs",
        "weights/blobs/one",
        "weights/model",
    ]
    (folder / ".dockerignore").write_text("weights/blobs\n")
    assert weights_names(folder) == ["weights", "weights/model"]


def test_the_digest_is_of_names_bytes_links_and_rights_and_of_nothing_else(folder: Path) -> None:
    def write(text: str) -> None:
        (folder / "weights/blobs/one").write_text(text)

    def link(target: str) -> None:
        (folder / "weights/model").unlink()
        (folder / "weights/model").symlink_to(target)

    first = weights_digest(folder, "mine", SILENT)
    (folder / "predictor.py").write_text("edited\n")
    os.utime(folder / "weights/blobs/one", (1, 1))
    assert weights_digest(folder, "mine", SILENT) == first
    digests = {first}
    for change in (
        lambda: write("other"),
        lambda: link("blobs/two"),
        lambda: (folder / "weights/blobs/one").chmod(0o600),
        lambda: (folder / "weights/blobs/one").rename(folder / "weights/blobs/two"),
    ):
        change()
        digests.add(weights_digest(folder, "mine", SILENT))
    assert len(digests) == 5


class Reading(Silent):
    """Counts the pieces that are read; a small file is one."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, int, int | None]] = []
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def show(self, what: str, done: int, total: int | None) -> None:
        self.shown.append((what, done, total))


def test_a_file_is_read_again_only_if_its_state_is_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the young file: it is read each time, as it may change unseen."""
    reading = Reading()

    def digest() -> str:
        return weights_digest(folder, "mine", reading)

    digest()
    digest()
    assert len(reading.shown) == 2
    later = time.time_ns() + 3_000_000_000
    monkeypatch.setattr("time.time_ns", lambda: later)
    digests = {digest(), digest()}
    assert (len(digests), len(reading.shown)) == (1, 3)
    (folder / "weights/blobs/one").write_text("again")
    assert digest() not in digests
    assert len(reading.shown) == 4


def test_how_much_of_a_large_file_is_read_is_shown(folder: Path) -> None:
    with (folder / "weights/blobs/one").open("wb") as file:
        file.truncate(40_000_000)
    reading = Reading()
    weights_digest(folder, "mine", reading)
    assert reading.shown == [("weights/blobs/one, MB", done, 40) for done in (16, 32, 40)]
    assert reading.said == []


def test_of_a_very_large_file_a_line_says_that_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the file above."""
    monkeypatch.setattr(weights, "LARGE_MEGABYTES", 40)
    with (folder / "weights/blobs/one").open("wb") as file:
        file.truncate(40_000_000)
    reading = Reading()
    weights_digest(folder, "mine", reading)
    assert reading.said == [f"reading {folder}/weights/blobs/one, 40 MB"]


def test_weights_that_are_a_link_to_a_folder_are_refused_with_what_to_do(
    folder: Path, tmp_path: Path
) -> None:
    """The control are the weights above, which have a link among them."""
    (folder / "weights").rename(tmp_path / "elsewhere")
    (folder / "weights").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"weights: a link\. .* move the files here"):
        weights_digest(folder, "mine", SILENT)

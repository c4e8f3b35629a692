import hashlib
import os
import time
from io import BufferedReader
from pathlib import Path

import pytest

from runner.authoring.weights import weights_digest, weights_names


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

    first = weights_digest(folder)
    (folder / "predictor.py").write_text("edited\n")
    os.utime(folder / "weights/blobs/one", (1, 1))
    assert weights_digest(folder) == first
    digests = {first}
    for change in (
        lambda: write("other"),
        lambda: link("blobs/two"),
        lambda: (folder / "weights/blobs/one").chmod(0o600),
        lambda: (folder / "weights/blobs/one").rename(folder / "weights/blobs/two"),
    ):
        change()
        digests.add(weights_digest(folder))
    assert len(digests) == 5


def test_a_file_is_read_again_only_if_its_state_is_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the young file: it is read each time, as it may change unseen."""
    read: list[str] = []
    real = hashlib.file_digest

    def counted(file: BufferedReader, digest: str) -> object:
        read.append(digest)
        return real(file, digest)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    weights_digest(folder)
    weights_digest(folder)
    assert len(read) == 2
    later = time.time_ns() + 3_000_000_000
    monkeypatch.setattr("time.time_ns", lambda: later)
    digests = {weights_digest(folder), weights_digest(folder)}
    assert (len(digests), len(read)) == (1, 3)
    (folder / "weights/blobs/one").write_text("again")
    assert weights_digest(folder) not in digests
    assert len(read) == 4

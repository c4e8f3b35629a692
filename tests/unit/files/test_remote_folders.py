"""On a store of fsspec that is a folder of this disk, and lists digests as Google's does."""

import base64
import hashlib
import sys
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from runner.errors import SuiteError, UsageError
from runner.files.remote_folders import RemoteFolder
from tests.imports import BESIDE


class Bucket(LocalFileSystem):  # type: ignore[misc]
    """A folder that lists an md5 of each file; a test can make it lie, or break off."""

    protocol = "bucket"
    cachable = False
    wrong: frozenset[str] = frozenset()

    def ls(self, path: str, detail: bool = False, **options: Any) -> list[Any]:
        listed = super().ls(path, detail=True, **options)
        for each in listed:
            if each["type"] == "file":
                content = Path(each["name"]).read_bytes()
                name = Path(each["name"]).name
                digest = hashlib.md5(b"other" if name in self.wrong else content).digest()
                each["md5Hash"] = base64.b64encode(digest).decode()
        return listed if detail else [each["name"] for each in listed]


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Path]:
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    root = tmp_path / "bucket"
    (root / "a" / "b[1]").mkdir(parents=True)
    (root / "a" / "b[1]" / "one.json").write_text("1")
    (root / "a" / "b[1]" / "two.json").write_text("22")
    yield root
    Bucket.wrong = frozenset()


def folder(bucket: Path) -> RemoteFolder:
    return RemoteFolder(f"bucket://{bucket}")


def test_folders_and_files_are_listed_by_their_names(bucket: Path) -> None:
    assert folder(bucket).folders() == ["a"]
    assert folder(bucket).folders("a") == ["b[1]"]
    files = folder(bucket).files("a/b[1]")
    assert {name: file.size for name, file in files.items()} == {"one.json": 1, "two.json": 2}
    assert files["one.json"].md5 == hashlib.md5(b"1").hexdigest()


def test_files_are_copied_and_names_are_no_patterns(bucket: Path, tmp_path: Path) -> None:
    files = folder(bucket).files("a/b[1]")
    folder(bucket).copy({tmp_path / name: file for name, file in files.items()})
    assert (tmp_path / "two.json").read_text() == "22"


def test_what_has_not_the_listed_digest_is_refused(bucket: Path, tmp_path: Path) -> None:
    Bucket.wrong = frozenset({"two.json"})
    files = folder(bucket).files("a/b[1]")
    with pytest.raises(SuiteError, match=r"two\.json: what was fetched has not the size and the"):
        folder(bucket).copy({tmp_path / name: file for name, file in files.items()})


def test_a_store_without_digests_is_checked_by_sizes(bucket: Path, tmp_path: Path) -> None:
    files = RemoteFolder(f"file://{bucket}").files("a/b[1]")
    assert files["one.json"].md5 is None
    (tmp_path / "one.json").write_text("other")
    assert not files["one.json"].is_at(tmp_path / "one.json")
    (tmp_path / "one.json").write_text("1")
    assert files["one.json"].is_at(tmp_path / "one.json")


def test_a_folder_that_is_not_there_is_told(bucket: Path) -> None:
    with pytest.raises(UsageError, match=r"none: there is no such folder\. Leave the last part"):
        folder(bucket).folders("none")


def test_a_store_that_no_driver_reads_is_told() -> None:
    with pytest.raises(UsageError, match="nosuch"):
        RemoteFolder("nosuch://bucket")


def test_a_store_whose_driver_is_not_installed_is_told_with_its_extra() -> None:
    with pytest.raises(UsageError, match=r"pip install 'helm-predictor-runner\[gcs\]'"):
        RemoteFolder("gs://crfm-helm-public")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's)
        """Print nothing."""


@pytest.fixture
def web(bucket: Path) -> Iterator[str]:
    """Yield the URL of a web server that lists the folders of the bucket."""
    assert BESIDE.is_dir(), "make build/inspect/installed puts the driver of https there"
    sys.path.append(str(BESIDE))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(bucket)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    sys.path.remove(str(BESIDE))


def test_a_web_servers_folders_are_listed_and_fetched(
    web: str, bucket: Path, tmp_path: Path
) -> None:
    name = "mmlu:subject=a[1],model=x y_z"
    (bucket / "a" / "b[1]").rename(bucket / "a" / name)
    folder = RemoteFolder(web)
    assert folder.folders() == ["a"]
    assert folder.folders("a") == [name]
    files = folder.files(f"a/{name}")
    assert {each: file.size for each, file in files.items()} == {"one.json": 1, "two.json": 2}
    folder.copy({tmp_path / each: file for each, file in files.items()})
    assert (tmp_path / "two.json").read_text() == "22"


def test_a_folder_that_a_web_server_has_not_is_told(web: str) -> None:
    with pytest.raises(UsageError, match="none: there is no such folder"):
        RemoteFolder(web).folders("none")


@pytest.mark.parametrize("url", ["", "file://"])
def test_an_empty_place_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no place"):
        RemoteFolder(url)
    (tmp_path / "lite").mkdir()
    assert RemoteFolder(f"file://{tmp_path}").folders() == ["lite"]  # the control

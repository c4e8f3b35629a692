"""Suites in storage that a cluster's nodes share: only public halves, checked where they arrive."""

import io
import tarfile
from pathlib import Path

import fsspec
import pytest

from runner.cluster.shared_suites import archive_name, fetch_suite, share_suite, suites_directory
from runner.errors import SuiteError, UsageError
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite, stage


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


@pytest.fixture(params=["path", "file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    places = {"path": str(tmp_path / "shared"), "file": f"file://{tmp_path}/shared"}
    return places.get(request.param, f"memory://{tmp_path.name}/shared")


def test_a_suite_comes_back_from_any_storage_with_the_same_staged_bytes(
    suite: Suite, url: str
) -> None:
    share_suite(suite, url)
    fetched = fetch_suite(url, suite.digest)
    assert fetched.digest == suite.digest
    assert fetched.root != suite.root
    assert stage(fetched).files == stage(suite).files


def test_only_the_public_half_is_shared(suite: Suite, url: str) -> None:
    share_suite(suite, url)
    with (
        fsspec.open(f"{url}/{archive_name(suite.digest)}", "rb") as file,
        tarfile.open(fileobj=io.BytesIO(file.read())) as tar,
    ):
        names = {Path(name).as_posix() for name in tar.getnames()}
    public = {path.relative_to(suite.root).as_posix() for path in suite.root.rglob("public/**/*")}
    assert names == {name for name in public if (suite.root / name).is_file()}
    assert not (fetch_suite(url, suite.digest).root / "private").exists()


def test_a_suite_that_is_shared_already_is_not_written_again(suite: Suite, tmp_path: Path) -> None:
    share_suite(suite, str(tmp_path / "shared"))
    (archive,) = (tmp_path / "shared").iterdir()
    written = archive.stat().st_mtime_ns
    share_suite(suite, str(tmp_path / "shared"))
    assert archive.stat().st_mtime_ns == written


def test_a_suite_is_fetched_once(suite: Suite, tmp_path: Path) -> None:
    share_suite(suite, str(tmp_path / "shared"))
    place = fetch_suite(str(tmp_path / "shared"), suite.digest)
    (tmp_path / "shared" / archive_name(suite.digest)).unlink()
    assert fetch_suite(str(tmp_path / "shared"), suite.digest) == place


def test_another_suite_under_the_digest_is_refused(suite: Suite, tmp_path: Path) -> None:
    other = build_unaudited(write_suite(tmp_path / "b", runs=6), tmp_path / "other")
    share_suite(other, str(tmp_path / "shared"))
    place = tmp_path / "shared" / archive_name(other.digest)
    place.rename(place.with_name(archive_name(suite.digest)))
    with pytest.raises(SuiteError, match=f"not {suite.digest}"):
        fetch_suite(str(tmp_path / "shared"), suite.digest)
    assert not [path for path in suites_directory().iterdir() if path.is_dir()]


def test_a_copy_of_which_a_byte_was_changed_is_refused(suite: Suite, tmp_path: Path) -> None:
    share_suite(suite, str(tmp_path / "shared"))
    place = fetch_suite(str(tmp_path / "shared"), suite.digest)
    frame = next(place.root.rglob("stats.parts"))
    frame.write_bytes(frame.read_bytes()[:-1] + b"?")
    with pytest.raises(SuiteError, match=f"{frame}: changed since the suite was built.*remove"):
        fetch_suite(str(tmp_path / "shared"), suite.digest)


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_archive_is_refused(suite: Suite, tmp_path: Path, content: bytes | None) -> None:
    share_suite(suite, str(tmp_path / "shared"))
    place = tmp_path / "shared" / archive_name(suite.digest)
    place.write_bytes(place.read_bytes()[:-2000] if content is None else content)
    with pytest.raises(SuiteError, match=r"\.tar\.gz"):
        fetch_suite(str(tmp_path / "shared"), suite.digest)


def test_an_archive_that_reaches_out_of_its_place_is_refused(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    with tarfile.open(tmp_path / "shared" / archive_name(suite.digest), "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../../out"))
    with pytest.raises(SuiteError, match="not a file below"):
        fetch_suite(str(tmp_path / "shared"), suite.digest)
    assert not list(tmp_path.rglob("out"))


@pytest.mark.parametrize("url", ["/proc/nowhere", "unheard-of://bucket/suites"])
def test_storage_that_can_not_be_used_is_named(suite: Suite, url: str) -> None:
    with pytest.raises(UsageError, match=f"{url}.*--shared"):
        share_suite(suite, url)
    with pytest.raises(UsageError, match=f"{url}.*--shared"):
        fetch_suite(url, suite.digest)

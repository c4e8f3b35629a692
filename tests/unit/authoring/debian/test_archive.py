import hashlib
import lzma
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from runner.authoring.debian import archive
from runner.authoring.debian.archive import Distribution, fetch_index, fetch_package
from runner.errors import BuildError, EngineError
from tests.unit.authoring.debian.builder import described

BOOKWORM = Distribution("12", "bookworm", "amd64")
TIME = "20261121T100000Z"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder as Debian's mirror, and its folder snapshot/ as the snapshots."""
    folder = tmp_path / "mirror"
    for place in BOOKWORM.folders():
        packages = lzma.compress(described(place.rpartition("/")[2]).encode())
        (folder / place / "main/binary-amd64").mkdir(parents=True)
        (folder / place / "main/binary-amd64/Packages.xz").write_bytes(packages)
        digest = hashlib.sha256(packages).hexdigest()
        (folder / place / "InRelease").write_text(
            "Date: Sat, 21 Nov 2026 10:00:00 UTC\nSHA256:\n"
            f" {digest} {len(packages)} main/binary-amd64/Packages.xz\n"
        )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setattr(archive, "MIRROR", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr(archive, "SNAPSHOT", f"{archive.MIRROR}/snapshot")
        Thread(target=server.serve_forever, daemon=True).start()
        yield folder
        server.shutdown()


def test_the_packages_of_a_release_its_updates_and_its_security_are_known(mirror: Path) -> None:
    index, time = fetch_index(BOOKWORM)
    assert set(index.names()) == {"bookworm", "bookworm-updates", "bookworm-security"}
    assert time == TIME
    found = index.find("bookworm-security")
    assert found is not None
    assert found.url.startswith(f"{archive.MIRROR}/debian-security/pool/")


def test_a_list_that_is_not_the_one_of_the_release_is_refused(mirror: Path) -> None:
    (mirror / "debian/dists/bookworm/main/binary-amd64/Packages.xz").write_bytes(b"other")
    with pytest.raises(BuildError, match="not the file that is meant"):
        fetch_index(BOOKWORM)


def test_an_architecture_that_debian_does_not_have_is_told(mirror: Path) -> None:
    with pytest.raises(BuildError, match=r"there is no Debian 12 \(bookworm\) for vax"):
        fetch_index(Distribution("12", "bookworm", "vax"))


def fetch(content: bytes, path: str = "debian/pool/a.deb") -> Path:
    digest = hashlib.sha256(content).hexdigest()
    return fetch_package(f"{archive.MIRROR}/{path}", digest, len(content), TIME)


def test_a_package_is_fetched_once(mirror: Path) -> None:
    (mirror / "debian/pool").mkdir()
    (mirror / "debian/pool/a.deb").write_bytes(b"abc")
    assert fetch(b"abc").read_bytes() == b"abc"
    (mirror / "debian/pool/a.deb").unlink()
    assert fetch(b"abc").read_bytes() == b"abc"


@pytest.mark.parametrize(
    ("served", "said"), [(b"abd", "not the file"), (b"abcd", "more than the 3")]
)
def test_another_file_in_its_place_is_refused(mirror: Path, served: bytes, said: str) -> None:
    (mirror / "debian/pool").mkdir()
    (mirror / "debian/pool/a.deb").write_bytes(served)
    with pytest.raises(BuildError, match=said):
        fetch(b"abc")


def test_a_kept_file_that_was_changed_is_fetched_again(mirror: Path) -> None:
    (mirror / "debian/pool").mkdir()
    (mirror / "debian/pool/a.deb").write_bytes(b"abc")
    fetch(b"abc").write_bytes(b"abd")
    assert fetch(b"abc").read_bytes() == b"abc"


def test_a_version_that_is_gone_is_taken_from_the_snapshot_of_the_lock(mirror: Path) -> None:
    with pytest.raises(BuildError, match=r"is gone .* its snapshot .* can't be had. Remove"):
        fetch(b"abc")
    then = mirror / "snapshot/debian" / TIME / "pool/a.deb"
    then.parent.mkdir(parents=True)
    then.write_bytes(b"abc")
    assert fetch(b"abc").read_bytes() == b"abc"


def test_without_a_network_the_user_is_told_what_to_do(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MIRROR", "http://127.0.0.1:1")
    with pytest.raises(EngineError, match=r"can't be fetched .* HTTPS_PROXY"):
        fetch_index(BOOKWORM)

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from runner.errors import NoRoomError, NotOnEngineError, UsageError
from runner.sandbox import image_archive
from runner.sandbox.engine import room
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.room import LEAST_FREE_BYTES
from runner.sandbox.image_archive import CHECKSUM, load_image_archive, read_archive
from runner.sandbox.unpacked_layer import DISK_BLOCK

LAYER = b"a layer"
DIGEST = hashlib.sha256(LAYER).hexdigest()
CONFIG = {"rootfs": {"diff_ids": [f"sha256:{DIGEST}"]}}
MANIFEST = [{"Config": "config.json", "RepoTags": ["python:3.11-slim"], "Layers": ["layer.tar"]}]


def write(path: Path, *more: tarfile.TarInfo, **changed: Any) -> Path:
    """Write an archive of one image; ``changed`` has other contents for its files."""
    contents: dict[str, Any] = {"manifest": MANIFEST, "config": CONFIG, "layer": LAYER, **changed}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in more:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
        for name, suffix in (("manifest", "json"), ("config", "json"), ("layer", "tar")):
            content = contents[name]
            if content is not None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                member = tarfile.TarInfo(f"{name}.{suffix}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(buffer.getvalue()))
    return path


def member(kind: bytes, name: str = "layer.tar") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, "/etc/shadow"
    return made


def refuse(path: Path, folder: Path, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_archive(path, folder)


def test_what_is_loaded_has_the_image_and_no_name_for_it(tmp_path: Path) -> None:
    """Whatever names the archive has: an engine would take them from others."""
    parts = read_archive(write(tmp_path / "a.tar.gz"), tmp_path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts.tar()))) as archive:
        files = {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive}
    config = f"{parts.image_id.removeprefix('sha256:')}.json"
    assert json.loads(files.pop("manifest.json")) == [
        {"Config": config, "RepoTags": None, "Layers": [f"{DIGEST}.tar"]}
    ]
    assert files == {config: json.dumps(CONFIG).encode(), f"{DIGEST}.tar": LAYER}


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.XHDTYPE,
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    """The controls are the archives of all other tests."""
    header = member(kind).tobuf(tarfile.GNU_FORMAT)
    whole = gzip.decompress(write(tmp_path / "a.tar.gz").read_bytes())
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(header + whole))
    refuse(tmp_path / "a.tar.gz", tmp_path, "is no regular file")


def test_an_extended_header_of_any_size_is_not_read(tmp_path: Path) -> None:
    made = member(tarfile.XHDTYPE)
    made.size = 10**15
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(made.tobuf(tarfile.GNU_FORMAT)))
    refuse(tmp_path / "a.tar.gz", tmp_path, "is no regular file")


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tarfile.TarInfo("large")
    large.size = 1_000_000
    path = write(tmp_path / "a.tar.gz", large)
    monkeypatch.setattr(image_archive, "MOST_PULLED_BYTES", 999_999)
    refuse(path, tmp_path, "holds more than")
    assert not list(tmp_path.glob("part-*"))
    monkeypatch.setattr(image_archive, "MOST_PULLED_BYTES", 1_010_000)
    assert read_archive(path, tmp_path).layers


@pytest.mark.parametrize(
    "layer",
    [
        bz2.compress(LAYER),
        gzip.compress(LAYER),
        lzma.compress(LAYER),
        b"\x28\xb5\x2f\xfd of zstd",
        b"\x5e\x2a\x4d\x18 of zstd, too",
    ],
    ids=["bzip2", "gzip", "xz", "zstd", "zstd that begins with a frame to skip"],
)
def test_a_layer_that_an_engine_would_unpack_to_any_size_is_refused(
    tmp_path: Path, layer: bytes
) -> None:
    """Of 591 bytes came 3 GiB on the engine's disk. The controls are the archives of all others."""
    config = {"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
    path = write(tmp_path / "a.tar.gz", config=config, layer=layer)
    refuse(path, tmp_path, "a layer in it is compressed by itself")


def test_a_layer_with_a_sparse_file_is_refused(tmp_path: Path) -> None:
    """Of an archive of 482 bytes an engine wrote zeros until its disk was full."""
    layer = member(tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    config = {"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
    path = write(tmp_path / "a.tar.gz", config=config, layer=layer)
    refuse(path, tmp_path, "a layer in it can become of any size")


class EngineWithoutImages:
    """An engine that loads what it is given."""

    def __init__(self) -> None:
        self.images, self.loaded = self, 0

    def fetch_info(self) -> dict[str, Any]:
        return {}

    def inspect(self, reference: str) -> Image:
        if not self.loaded:
            raise NotOnEngineError("no such image")
        return Image(reference, reference)

    def load(self, archive: Iterator[bytes]) -> None:
        self.loaded = sum(map(len, archive))


def test_an_image_for_which_the_engine_has_no_room_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine copies the layers, then unpacks them, and no engine ends that."""
    layer = member(tarfile.REGTYPE)
    layer.size = 1_000_000
    content = layer.tobuf(tarfile.GNU_FORMAT) + bytes(1_000_000)
    config = {"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]}}
    path = write(tmp_path / "a.tar.gz", config=config, layer=content)
    engine = EngineWithoutImages()
    needed = LEAST_FREE_BYTES + len(content) + 1_000_000 + DISK_BLOCK
    monkeypatch.setattr(room, "free_bytes", lambda _info: needed - 1)
    with pytest.raises(NoRoomError, match=r"a\.tar\.gz: to load it, about 0\.0 GiB are"):
        load_image_archive(cast("Engine", engine), str(path), lambda _line: None)
    assert not engine.loaded
    monkeypatch.setattr(room, "free_bytes", lambda _info: needed)  # the control
    load_image_archive(cast("Engine", engine), str(path), lambda _line: None)
    assert engine.loaded > len(content)


def test_an_archive_of_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.tar.gz", *(tarfile.TarInfo(f"{number}") for number in range(7)))
    monkeypatch.setattr(image_archive, "MOST_MEMBERS", 9)
    refuse(path, tmp_path, "more than 9 members")
    monkeypatch.setattr(image_archive, "MOST_MEMBERS", 10)
    assert read_archive(path, tmp_path).layers


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layer": b"another"}, "a layer is missing, or is not the one"),
        ({"layer": None}, "a layer is missing"),
        ({"manifest": None}, "manifest.json.* is missing"),
        ({"manifest": []}, "no image, or several"),
        ({"manifest": [*MANIFEST, *MANIFEST]}, "no image, or several"),
        ({"manifest": [{**MANIFEST[0], "Layers": []}]}, "a layer is missing"),
        ({"manifest": [{**MANIFEST[0], "Config": "../../etc/passwd"}]}, "passwd.* is missing"),
        ({"manifest": b"[" * 100_000}, "is no JSON"),
        ({"config": b" " * 5_000_000}, "too large"),
        ({"config": {}}, "names no layers"),
        ({"config": []}, "names no layers"),
        ({"config": {"rootfs": {}}}, "names no layers"),
        ({"config": {"rootfs": []}}, "names no layers"),
    ],
)
def test_an_archive_whose_parts_do_not_fit_is_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    refuse(write(tmp_path / "a.tar.gz", **changed), tmp_path, said)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[: len(content) // 2], "ended before"),
        (lambda content: content[:10] + b"\xff" * 30 + content[40:], "a.tar.gz"),
        (lambda _: b"no archive", "[Nn]ot a gzipped file"),
        (lambda _: gzip.compress(b"x" * 2000), "it is no tar"),
        (lambda _: gzip.compress(b""), "manifest.json.* is missing"),
    ],
)
def test_a_file_that_is_damaged_is_told(tmp_path: Path, spoil: Any, said: str) -> None:
    path = write(tmp_path / "a.tar.gz")
    path.write_bytes(spoil(path.read_bytes()))
    refuse(path, tmp_path, said)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    refuse(tmp_path / "a.tar.gz", tmp_path, "No such file")


def test_an_archive_is_what_the_checksum_beside_it_says(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar.gz")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    beside = path.with_name(path.name + CHECKSUM)
    beside.write_text(f"{digest}  a.tar.gz\n")
    assert read_archive(path, tmp_path).layers
    beside.write_text(f"{'0' * 64}  a.tar.gz\n")
    refuse(path, tmp_path, "not the one in a.tar.gz.sha256, so it is damaged")


@pytest.mark.timeout(30)  # a pipe that is opened waits for ever
def test_a_pipe_in_the_place_of_an_archive_or_its_checksum_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar.gz")
    refuse(tmp_path / "pipe.tar.gz", tmp_path, "no file, e.g. a pipe")
    path = write(tmp_path / "a.tar.gz")
    beside = tmp_path / f"a.tar.gz{CHECKSUM}"
    os.mkfifo(beside)
    refuse(path, tmp_path, "no file, e.g. a pipe")
    beside.unlink()
    beside.symlink_to("nowhere")
    refuse(path, tmp_path, "No such file")
    beside.unlink()
    read_archive(path, tmp_path)  # the control


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    path, folder = write(tmp_path / "a.tar.gz"), tmp_path / "scratch"
    folder.mkdir()
    (folder / "part-2").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        read_archive(path, folder)


def test_control_that_an_archive_is_cut_is_its_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar.gz")
    path.write_bytes(path.read_bytes()[:100])
    refuse(path, tmp_path, "can't be read as the archive of an image")

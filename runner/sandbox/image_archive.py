"""An image as one file, for those who can't push it: written, and loaded without being trusted.

The file is a compressed tar like that of `docker save`, but without any name for the image. What is
loaded is made here of the parts whose digests are right, so that no name on the engine changes.
"""

import errno
import gzip
import hashlib
import json
import os
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from runner.contract.limits import GIB, MIB
from runner.errors import EngineError, NotOnEngineError, UsageError
from runner.files.regular_files import GZIP, open_regular, refuse_other_kind
from runner.files.scratch import scratch_directory
from runner.files.whole_writes import whole_file
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import MOST_PULLED_BYTES
from runner.sandbox.engine.room import check_loading
from runner.sandbox.unpacked_layer import unpacked_bytes
from runner.untrusted import quote

SUFFIX = ".tar.gz"
CHECKSUM = ".sha256"
"""Added to the archive's name: a file as `sha256sum` writes it."""

MOST_MEMBERS = 10_000
_MANIFEST = "manifest.json"
_MOST_TEXT_BYTES = 4 * MIB
_COMPRESSED = re.compile(rb"BZh|\x1f\x8b\x08|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""How bzip2, gzip, xz and zstd begin. Source: github.com/moby/go-archive, compression.Detect."""
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = MIB
_LEVEL = 4  # of compression: a third of the time of the usual 6, for 3 % more bytes


class _NoImageError(Exception):
    """Why an archive is refused; what it quotes is made printable."""


@dataclass
class Parts:
    """The parts of an archive, each a file in a folder.

    Attributes:
        files, digests: by their names in the archive.
        manifest: what the archive says of its one image.
        layers: the names of the image's layers, the lowest first.
        unpacked_bytes: what they take about, unpacked.
    """

    files: dict[str, Path] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    unpacked_bytes: int = 0

    @property
    def image_id(self) -> str:
        """Return the image's ID, which is the digest of its description."""
        return f"sha256:{self.digests[str(self.manifest['Config'])]}"

    @property
    def layer_files(self) -> list[Path]:
        """Return the files of the layers, in their order."""
        return [self.files[layer] for layer in self.layers]

    def tar(self) -> Iterator[bytes]:
        """Yield a tar of the image's parts, named by their digests, and of no name for it."""
        config = f"{self.image_id.removeprefix('sha256:')}.json"
        names = [f"{self.digests[layer]}.tar" for layer in self.layers]
        contents = {config: self.files[str(self.manifest["Config"])]}
        contents |= dict(zip(names, self.layer_files, strict=True))
        for name, path in contents.items():
            size = path.stat().st_size
            yield _header(name, size)
            with path.open("rb") as file:
                yield from iter(partial(file.read, _CHUNK), b"")
            yield bytes(-size % _BLOCK)
        manifest = json.dumps([{"Config": config, "RepoTags": None, "Layers": names}]).encode()
        yield _header(_MANIFEST, len(manifest)) + manifest + bytes(-len(manifest) % _BLOCK)
        yield bytes(2 * _BLOCK)


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def is_archive(reference: str) -> bool:
    """Return whether a user who names an image means an archive of it."""
    return reference.endswith(SUFFIX)


def write_image_archive(engine: Engine, image: Image, path: Path) -> int:
    """Write an image as an archive, and its checksum beside it; return the archive's bytes.

    Raises:
        UsageError: it can't be written.
    """
    try:
        with scratch_directory() as folder:
            refuse_other_kind(path, GZIP)
            with engine.images.saved(image.id) as saved:
                parts = _read_parts(saved, folder, with_links=True)
            with whole_file(path) as file, gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
                for chunk in parts.tar():
                    packed.write(chunk)
        digest = _file_digest(path)
        with whole_file(path.with_name(path.name + CHECKSUM)) as file:
            file.write(f"{digest}  {path.name}\n".encode())
        return path.stat().st_size
    except OSError as error:
        raise UsageError(f"{path}: can't be written ({error.strerror or error}).") from error
    except _NoImageError as error:
        raise EngineError(
            f"The engine saved {image.reference} in a form that the runner can't export: {error}."
        ) from error


def load_image_archive(engine: Engine, reference: str, say: Say) -> Image:
    """Return the image of an archive; load it if the engine lacks it. It gets no name there.

    Raises:
        UsageError: see ``read_archive``.
        NoRoomError: the engine's disk has no room.
    """
    say(f"{reference}: reading the archive")
    with scratch_directory() as folder:
        parts = read_archive(Path(reference), folder)
        try:
            image = engine.images.inspect(parts.image_id)
        except NotOnEngineError:
            needed = parts.unpacked_bytes + sum(path.stat().st_size for path in parts.layer_files)
            check_loading(reference, needed, engine.fetch_info())
            say(f"{reference}: loading the image")
            loaded = engine.images.load(parts.tar())
            image = engine.images.inspect(loaded or parts.image_id)
    return replace(image, reference=reference)


def read_archive(path: Path, folder: Path) -> Parts:
    """Return the parts of an archive, written into a folder.

    Raises:
        UsageError: it can't be read, is not what its checksum says, is too large, or is no archive
            of one image.
        OSError: the folder's disk is full, which says nothing of the archive.
    """
    try:
        _check_checksum(path)
        with open_regular(path) as file, gzip.open(file) as stream:
            return _read_parts(stream, folder, with_links=False)
    except (OSError, EOFError, zlib.error, _NoImageError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{path}: can't be read as the archive of an image: {reason}. `runner build DIR -t "
            f"IMAGE --export predictor{SUFFIX}` makes one."
        ) from error


def _read_parts(stream: BinaryIO | gzip.GzipFile, folder: Path, *, with_links: bool) -> Parts:
    """Return the parts of a tar, written into a folder; everything is checked.

    Args:
        with_links: one part may be a link to another, as the engine itself writes them.

    Raises:
        _NoImageError: it holds something else, or too much.
    """
    parts = Parts()
    links: dict[str, str] = {}
    left = MOST_PULLED_BYTES
    for number, member in enumerate(_members(stream)):
        if number >= MOST_MEMBERS:
            raise _NoImageError(f"it has more than {MOST_MEMBERS} members")
        if member.issym() and with_links:
            links[member.name] = posixpath.normpath(f"{member.name}/../{member.linkname}")
        elif member.isdir():
            continue
        elif member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise _NoImageError(f"{quote(member.name)} is no regular file, but a link or the like")
        else:
            left -= member.size
            if member.size < 0 or left < 0:
                raise _NoImageError(f"it holds more than {MOST_PULLED_BYTES / GIB:g} GiB")
            place = folder / f"part-{number}"
            parts.digests[member.name] = _copy(stream, member.size, place)
            parts.files[member.name] = place
    for name, target in links.items():
        if target in parts.files:
            parts.files[name], parts.digests[name] = parts.files[target], parts.digests[target]
    return _checked(parts)


def _members(stream: BinaryIO | gzip.GzipFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of a tar; who gets one reads its content. Only plain headers are read.

    Python's own reader takes extended headers of any size into memory.
    """
    while True:
        block = stream.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        try:
            yield tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise _NoImageError(f"it is no tar ({error})") from error


def _copy(stream: BinaryIO | gzip.GzipFile, size: int, place: Path) -> str:
    """Copy a member's content into a file, and return its digest."""
    digest = hashlib.sha256()
    left = size
    with place.open("wb") as file:
        while left:
            chunk = stream.read(min(left, _CHUNK))
            if not chunk:
                raise _NoImageError("it ends too early")
            digest.update(chunk)
            file.write(chunk)
            left -= len(chunk)
    stream.read(-size % _BLOCK)
    return digest.hexdigest()


def _checked(parts: Parts) -> Parts:
    """Return the parts with what the manifest says of them, if all is there and as it says.

    Raises:
        _NoImageError: something is missing, or is not what the image's description says.
    """
    listed = _read_json(parts, _MANIFEST)
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise _NoImageError("it holds no image, or several")
    parts.manifest = listed[0]
    layers = parts.manifest.get("Layers")
    config = _read_json(parts, str(parts.manifest.get("Config")))
    file_system = config.get("rootfs") if isinstance(config, dict) else None
    expected = file_system.get("diff_ids") if isinstance(file_system, dict) else None
    if not isinstance(layers, list) or not isinstance(expected, list):
        raise _NoImageError("its description names no layers")
    parts.layers = [str(layer) for layer in layers]
    found = [f"sha256:{parts.digests.get(layer)}" for layer in parts.layers]
    if found != expected:
        raise _NoImageError("a layer is missing, or is not the one that its description names")
    for path in parts.layer_files:
        with path.open("rb") as file:
            # The engine would unpack it to any size before it finds that this is not the layer.
            if _COMPRESSED.match(file.read(_BLOCK)):
                raise _NoImageError("a layer in it is compressed by itself")
        unpacked = unpacked_bytes(path)
        if unpacked is None:
            raise _NoImageError(
                "a layer in it can become of any size: it has a sparse file, or an odd header"
            )
        parts.unpacked_bytes += unpacked
    return parts


def _read_json(parts: Parts, name: str) -> Any:
    path = parts.files.get(name)
    if path is None or path.stat().st_size > _MOST_TEXT_BYTES:
        raise _NoImageError(f"{quote(name)} is missing or too large")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _NoImageError(f"{quote(name)} is no JSON") from error


def _check_checksum(path: Path) -> None:
    """Refuse an archive that is not the one of which the file beside it has the digest."""
    beside = path.with_name(path.name + CHECKSUM)
    if os.path.lexists(beside):  # one that can't be read is no reason to do without
        with open_regular(beside) as file:
            wanted = file.read(64).decode(errors="replace")
        if wanted != _file_digest(path):
            raise _NoImageError(f"its SHA-256 is not the one in {beside.name}, so it is damaged")


def _file_digest(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""What a base image says of itself: its distribution, and the packages that it has."""

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from runner.authoring.debian.archive import Distribution
from runner.authoring.debian.packages import Package, read_installed
from runner.errors import NotOnEngineError, UsageError
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image
from runner.sandbox.live_runs import recorded, settle
from runner.sandbox.policy import LABEL

_STATUS = PurePosixPath("/var/lib/dpkg/status")
_RELEASE = PurePosixPath("/usr/lib/os-release")


@dataclass(frozen=True)
class Base:
    """An image made of Debian's packages."""

    distribution: Distribution
    installed: Mapping[str, Package]


def read_base(engine: Engine, image: Image) -> Base:
    """Return what an image says of itself; nothing of it is run.

    Raises:
        UsageError: it is not made of Debian's packages.
    """
    status, release = _read_files(engine, image)
    fields = dict(line.partition("=")[::2] for line in release.splitlines())
    installed = read_installed(status)
    if fields.get("ID", "").strip('"') != "debian" or "dpkg" not in installed:
        raise UsageError(
            f"apt.txt: {image.reference} is not made of Debian's packages (it says "
            f"{fields.get('PRETTY_NAME', 'nothing of its system')}). Use a base made of Debian, or "
            "leave out apt.txt and make a base that has what you need."
        )
    version, codename = (
        fields.get(name, "").strip('"') for name in ("VERSION_ID", "VERSION_CODENAME")
    )
    return Base(Distribution(version, codename, installed["dpkg"].architecture), installed)


def _read_files(engine: Engine, image: Image) -> tuple[str, str]:
    """Return an image's list of packages and its os-release; empty where it lacks them."""
    identity = engine_identity(engine.fetch_info())
    with recorded(identity) as entry:
        body = {"Image": image.id, "Cmd": ["none"], "Labels": {LABEL: entry.token}}
        name = f"runner-{entry.token[:12]}-reader"
        try:
            container = engine.create_container(body, name, "the reader of the base")
            return _read_file(container, _STATUS), _read_file(container, _RELEASE)
        finally:
            engine.remove("container", name)
            settle(entry)


def _read_file(container: Container, path: PurePosixPath) -> str:
    try:
        with container.streaming_archive(path) as chunks:
            content = io.BytesIO(b"".join(chunks))
    except NotOnEngineError:
        return ""
    with tarfile.open(fileobj=content) as archive:
        file = archive.extractfile(archive.next() or tarfile.TarInfo())
        return file.read().decode(errors="replace") if file else ""

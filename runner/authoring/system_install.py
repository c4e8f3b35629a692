"""Files of Debian's packages + a base -> an image that has them installed, as one layer.

A Dockerfile can't do that without leaving the files themselves in the image: what COPY brings stays
in a layer, though a later step removes it. So they are put into a container, installed there and
removed, and the container becomes the image.
"""

import json
import secrets
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any

from runner.errors import BuildError
from runner.sandbox.engine.build import BUILD_LOG_LINES
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.untrusted import printable

FOLDER = "/tmp/debs"  # noqa: S108  (inside the container)

MOST_SECONDS = 3600
"""After this the container ends and is removed, also if the runner was killed meanwhile."""

WAIT = ("sleep", str(MOST_SECONDS))

_LEFT_OUT = (
    "--path-exclude='/usr/share/man/*' --path-exclude='/usr/share/locale/*' "
    "--path-exclude='/usr/share/info/*' --path-exclude='/usr/share/doc/*' "
    "--path-include='/usr/share/doc/*/copyright'"
)

# All are unpacked before one is configured, as all that they need is among them or in the base.
INSTALL = f"""\
export DEBIAN_FRONTEND=noninteractive
dpkg {_LEFT_OUT} --force-depends --unpack {FOLDER}/*.deb &&
dpkg --force-confold --configure --pending && rm -r {FOLDER}
"""


def install_packages(engine: Engine, base: Image, files: Path, tag: str) -> str:
    """Return the ID of an image with the files of a folder installed on a base.

    It has no name, and an ENTRYPOINT and a CMD of the container's; see ``settings_lines``.

    Args:
        tag: what errors call the image.

    Raises:
        BuildError: a package can't be installed; holds the end of what dpkg said.
        EngineError: the engine failed.
    """
    # Nothing of this may stay in the image: no label, and no user but the image's own.
    body = {
        "Image": base.id,
        "Entrypoint": list(WAIT),
        "Cmd": [],
        "HostConfig": {"NetworkMode": "none", "AutoRemove": True},
    }
    name = f"runner-{secrets.token_hex(6)}-packages"
    try:
        container = engine.create_container(body, name, "the container of packages")
        _put_files(container, files)
        container.start()
        code, said = container.run_inside(("sh", "-c", INSTALL), user="0:0")
        if code != 0:
            lines = said.decode(errors="replace").splitlines()[-BUILD_LOG_LINES:]
            shown = "\n".join(map(printable, lines))
            raise BuildError(f"{tag}: the packages of apt.txt can't be installed:\n{shown}")
        return container.commit()
    finally:
        engine.remove("container", name)


def _put_files(container: Container, files: Path) -> None:
    with TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path in sorted(files.iterdir()):
                tar.add(path, f"{FOLDER}/{path.name}")
        archive.seek(0)
        container.put_archive(PurePosixPath("/"), archive)


def settings_lines(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a Dockerfile that give an image of a container its base's settings.

    These are what the container was given, and what no container has. The rest a container has from
    its image.

    Args:
        config: the base's, as the engine tells it.
    """
    yield f"ENTRYPOINT {json.dumps(config.get('Entrypoint') or [])}"
    yield f"CMD {json.dumps(config.get('Cmd') or [])}"
    if config.get("Shell"):
        yield f"SHELL {json.dumps(config['Shell'])}"
    for trigger in config.get("OnBuild") or ():
        yield f"ONBUILD {trigger}"

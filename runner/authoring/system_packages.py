"""The system's packages of a predictor: ``apt.txt`` -> an image that has them, without a network.

They are resolved on this machine for the base's own distribution and installed by the base's own
dpkg. ``apt.lock`` keeps the digest of every file.
"""

import shutil
from pathlib import Path

from runner.authoring.context_files import SYSTEM_LOCK, SYSTEM_PACKAGES
from runner.authoring.debian.archive import fetch_index, fetch_package
from runner.authoring.debian.base import Base, read_base
from runner.authoring.debian.lock import (
    Lock,
    check_architecture,
    installed_digest,
    lock_packages,
    read_lock,
    read_wanted,
    write_lock,
)
from runner.authoring.debian.resolution import resolve
from runner.progress import Progress
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image

FOLDER = "debs"
"""Where the files are in the context."""

_LEFT_OUT = (
    "--path-exclude='/usr/share/man/*' --path-exclude='/usr/share/locale/*' "
    "--path-exclude='/usr/share/info/*' --path-exclude='/usr/share/doc/*' "
    "--path-include='/usr/share/doc/*/copyright'"
)

# All are unpacked before one is configured, as all that they need is among them or in the base.
_DOCKERFILE = f"""\
FROM {{base}}
USER 0:0
COPY {FOLDER}/ /tmp/{FOLDER}/
RUN export DEBIAN_FRONTEND=noninteractive && \\
    dpkg {_LEFT_OUT} --force-depends --unpack /tmp/{FOLDER}/*.deb && \\
    dpkg --force-confold --configure --pending && rm -r /tmp/{FOLDER}
USER {{user}}
"""


def lock_system_packages(
    folder: Path, engine: Engine, base: Image, progress: Progress
) -> Lock | None:
    """Return the packages that a folder's ``apt.txt`` asks for; None if it asks for none.

    They are those of ``apt.lock`` as long as ``apt.txt`` and the base's packages are the same; else
    they are resolved, and the lock is written.

    Raises:
        UsageError: apt.txt or apt.lock can't be read, the lock is of another architecture, or the
            base is not made of Debian.
        BuildError: a package can't be had.
        EngineError: Debian's mirror can't be reached.
    """
    wanted = read_wanted(folder / SYSTEM_PACKAGES) if (folder / SYSTEM_PACKAGES).is_file() else []
    if not wanted:
        return None
    found = read_base(engine, base)
    lock = read_lock(folder / SYSTEM_LOCK)
    if lock is not None:
        check_architecture(lock, found.distribution)
    if lock is None or not _holds(lock, wanted, found):
        why = "" if lock is None else ": apt.txt or the base has changed"
        progress.say(f"{folder / SYSTEM_LOCK}: resolving {', '.join(wanted)}{why}")
        lock = _resolve(wanted, found)
        write_lock(folder / SYSTEM_LOCK, lock)
    return lock


def _holds(lock: Lock, wanted: list[str], base: Base) -> bool:
    asked = (str(base.distribution), wanted, installed_digest(base.installed))
    return (lock.distribution, lock.wanted, lock.base) == asked


def _resolve(wanted: list[str], base: Base) -> Lock:
    index, time = fetch_index(base.distribution)
    packages = resolve(wanted, index, base.installed, str(base.distribution))
    return Lock(
        distribution=str(base.distribution),
        time=time,
        wanted=wanted,
        base=installed_digest(base.installed),
        packages=lock_packages(packages),
    )


def write_debs(lock: Lock, folder: Path) -> None:
    """Put the files of a lock into a folder, each checked by its digest."""
    folder.mkdir(exist_ok=True)
    for package in lock.packages:
        kept = fetch_package(package.url, package.sha256, package.size, lock.time)
        shutil.copyfile(kept, folder / package.file_name)


def system_dockerfile(base: Image) -> str:
    """Return a Dockerfile that installs the files on a base."""
    return _DOCKERFILE.format(base=base.id, user=base.user or "0:0")

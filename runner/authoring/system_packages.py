"""The system's packages of a predictor: ``apt.txt`` -> the files to install, without a network.

They are resolved on this machine for the base's own distribution. ``apt.lock`` keeps the digest of
every file.
"""

import shutil
from contextlib import suppress
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
from runner.errors import UsageError
from runner.progress import Progress, Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image


def lock_system_packages(
    folder: Path, engine: Engine, base: Image, tag: str, progress: Progress
) -> Lock | None:
    """Return the packages that a folder's ``apt.txt`` asks for; None if it asks for none.

    They are those of ``apt.lock`` as long as ``apt.txt`` and the base's packages are the same; else
    they are resolved, and the lock is written. Where nothing is asked for, an earlier lock is
    removed.

    Args:
        tag: of the image that is being built, for what is said.

    Raises:
        UsageError: apt.txt or apt.lock can't be read, the lock is of another architecture, or the
            base is not made of Debian.
        BuildError: a package can't be had.
        EngineError: Debian's mirror can't be reached.
    """
    wanted = read_wanted(folder / SYSTEM_PACKAGES) if (folder / SYSTEM_PACKAGES).is_file() else []
    if not wanted:
        _remove_lock(folder / SYSTEM_LOCK, progress.say)
        return None
    found = read_base(engine, base)
    lock = read_lock(folder / SYSTEM_LOCK)
    if lock is not None:
        check_architecture(lock, found.distribution)
    if lock is None or not _holds(lock, wanted, found):
        why = "" if lock is None else ": apt.txt or the base has changed"
        progress.say(f"{tag}: resolving {', '.join(wanted)} of {SYSTEM_PACKAGES}{why}")
        lock = _resolve(wanted, found)
        write_lock(folder / SYSTEM_LOCK, lock)
    return lock


def _remove_lock(path: Path, say: Say) -> None:
    """Remove the lock of packages that are asked for no more; a file of others stays."""
    with suppress(UsageError, OSError):
        if read_lock(path) is not None:
            path.unlink()
            say(f"removed {path}: {SYSTEM_PACKAGES} names no package any more")


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
    folder.mkdir()
    for package in lock.packages:
        kept = fetch_package(package.url, package.sha256, package.size, lock.time)
        shutil.copyfile(kept, folder / package.file_name)

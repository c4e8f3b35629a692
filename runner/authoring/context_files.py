"""What of a folder goes to the engine for a build: exactly what `docker build` sends.

Links go as links, whether they lead somewhere or not; sockets are left out. A pipe goes as a pipe,
without anything being read from it. A name need not be UTF-8.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.authoring.dockerignore import Ignore, read_patterns
from runner.errors import UsageError

DOCKERFILE = "Dockerfile"
REQUIREMENTS = "requirements.txt"
REQUIREMENTS_LOCK = "requirements.lock"
"""With or instead of the file above: complete and with hashes, used unchanged."""
SYSTEM_PACKAGES = "apt.txt"
SYSTEM_LOCK = "apt.lock"
IGNORE_FILES = (f"{DOCKERFILE}.dockerignore", ".dockerignore")
"""The first of these that a folder has is the one that counts."""

LARGEST_READ_BYTES = 16 * 1024 * 1024
"""Of a file that says how to build; a lock of 500 packages with all their hashes has 1 MB."""

_READ = (REQUIREMENTS, REQUIREMENTS_LOCK, SYSTEM_PACKAGES, SYSTEM_LOCK)


def read_ignore(directory: Path) -> Ignore:
    """Return what a folder's `.dockerignore` leaves out; nothing if it has none.

    Raises:
        UsageError: a line of it is no pattern.
    """
    for path in (directory / name for name in IGNORE_FILES):
        if path.is_file():
            return Ignore(read_patterns(path.read_bytes(), str(path)))
    return Ignore()


def context_names(directory: Path) -> list[str]:
    """Return the names below a folder of all that goes to the engine; a folder before its content.

    Raises:
        UsageError: a folder can't be read, a line of `.dockerignore` is no pattern, or what the
            build reads is no file.
    """
    refuse_unreadable(directory)
    with reading(directory):
        return list(_walk(directory, read_ignore(directory)))


def refuse_unreadable(directory: Path) -> None:
    """Refuse what would be waited for, fill the memory, or be passed over, if it was read.

    Raises:
        UsageError: one of the files that say how to build is a folder, a pipe, a link that leads
            nowhere, or very large.
    """
    for path in (directory / name for name in (DOCKERFILE, *IGNORE_FILES, *_READ)):
        if has_file(path) and path.stat().st_size > LARGEST_READ_BYTES:
            raise UsageError(
                f"{path}: has {path.stat().st_size} bytes, and at most {LARGEST_READ_BYTES} are "
                "read. It is probably something else: put the right file in its place."
            )


def has_file(path: Path) -> bool:
    """Return whether a file that the build reads is there.

    Raises:
        UsageError: something else is in its place, which would be passed over.
    """
    if os.path.lexists(path) and not path.is_file():
        raise UsageError(
            f"{path}: no file, but e.g. a folder, a pipe or a link that leads nowhere. The build "
            "reads it: put a file in its place, or remove it."
        )
    return path.is_file()


def context_files(directory: Path) -> list[Path]:
    """Return the regular files of a folder that go to the engine."""
    paths = (directory / name for name in context_names(directory))
    return [path for path in paths if stat.S_ISREG(path.lstat().st_mode)]


def add_to_context(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Add one file, folder, link or pipe to a context under a name.

    Raises:
        UsageError: it can't be read.
    """
    with reading(path):
        member = archive.gettarinfo(path, name)
        if member is None:  # a socket
            return
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = int(member.mtime)
        if not member.isreg():
            archive.addfile(member)
            return
        with path.open("rb") as file:
            archive.addfile(member, file)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say which file can't be read, and what to do.

    Raises:
        UsageError: something can't be read.
    """
    try:
        yield
    except OSError as error:
        advice = (
            "It went away meanwhile: leave the folder alone, and run the same command again."
            if isinstance(error, FileNotFoundError)
            else "Change its permissions, or name it in .dockerignore if the image does not need "
            "it."
        )
        raise UsageError(
            f"{error.filename or path}: can't be read ({error.strerror or error}). {advice}"
        ) from error


def _walk(directory: Path, ignore: Ignore) -> Iterator[str]:
    levels = [iter(_entries(directory, ""))]  # folders may be deeper than Python's stack
    while levels:
        for name, is_folder in levels[-1]:
            left_out = name not in (DOCKERFILE, *IGNORE_FILES) and ignore.leaves_out(name)
            if not left_out:
                yield name
            if is_folder and (not left_out or ignore.may_take_from(name)):
                levels.append(iter(_entries(directory, name)))
                break
        else:
            levels.pop()


def _entries(directory: Path, folder: str) -> list[tuple[str, bool]]:
    """Return the name of each entry of a folder, from the directory on, and whether it is one."""
    below = f"{folder}/" if folder else ""
    with os.scandir(directory / folder) as found:
        return sorted((f"{below}{each.name}", each.is_dir(follow_symlinks=False)) for each in found)

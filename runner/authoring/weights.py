"""The files below a predictor's ``weights/``: an image of their own is kept until they change.

A digest of large files takes seconds, so each file's is kept in the user's cache, and holds while
the file has the same size, times and inode.
"""

import hashlib
import json
import stat
import time
from contextlib import suppress
from pathlib import Path

from runner.authoring.context_files import context_names, reading
from runner.authoring.dockerfile import WEIGHTS
from runner.errors import UsageError
from runner.files.user_directories import cache_directory
from runner.files.whole_writes import whole_file
from runner.progress import Progress, Say, Task

_MEGABYTE = 1_000_000
LARGE_MEGABYTES = 1000
_CHUNK_BYTES = 16 * _MEGABYTE

_YOUNG_NS = 2_000_000_000
"""A file that changed so shortly before may change again without another time."""


def weights_names(directory: Path) -> list[str]:
    """Return the names of what goes to the engine of a folder's weights, in a fixed order."""
    return [name for name in context_names(directory) if name.split("/")[0] == WEIGHTS]


def weights_digest(directory: Path, tag: str, progress: Progress) -> str:
    """Return a digest of the names, bytes, links and rights of a folder's weights.

    Args:
        tag: of the image that they are for.
        progress: is told of each file that is read.

    Raises:
        UsageError: a file can't be read, or the folder is a link.
    """
    if (directory / WEIGHTS).is_symlink():
        raise UsageError(
            f"{directory / WEIGHTS}: a link. An engine takes no files through it: move the files "
            "here, and put a link to them in their old place. On the same disk `cp -al` copies "
            "them without taking room."
        )
    kept = _Kept(directory)
    digest = hashlib.sha256()
    with progress.task(f"{tag}: reading the weights") as task:
        for name in weights_names(directory):
            path = directory / name
            with reading(path):
                mode = path.lstat().st_mode
                content = ""
                if stat.S_ISLNK(mode):
                    content = str(path.readlink())
                elif stat.S_ISREG(mode):
                    content = kept.digest_of(name, progress.say, task)
            digest.update(json.dumps([name, mode, content]).encode())
    kept.write()
    return digest.hexdigest()


def _digest_file(path: Path, name: str, say: Say, task: Task) -> str:
    """Return a file's digest; tell the task how many of its megabytes are read."""
    digest = hashlib.sha256()
    total = path.stat().st_size // _MEGABYTE
    if total >= LARGE_MEGABYTES:  # where there is no bar a line says why nothing seems to happen
        say(f"reading {path}, {total} MB")
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            task.show(f"{name}, MB", file.tell() // _MEGABYTE, total)
    return digest.hexdigest()


class _Kept:
    """The digests of one folder's files that are kept, each with the state that it is of."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        key = hashlib.sha256(str(directory.resolve()).encode(errors="surrogateescape")).hexdigest()
        self._path = cache_directory() / "weights" / f"{key}.json"
        self._before: dict[str, object] = {}
        self._now: dict[str, object] = {}
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_bytes())
            self._before = found if isinstance(found, dict) else {}

    def digest_of(self, name: str, say: Say, task: Task) -> str:
        """Return a file's digest; read the file only if its state is another."""
        path = self._directory / name
        status = path.stat()
        state = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        match self._before.get(name):
            case [before, str() as sha256] if before == state:
                digest = sha256
            case _:
                digest = _digest_file(path, name, say, task)
        if time.time_ns() - status.st_ctime_ns > _YOUNG_NS:
            self._now[name] = [state, digest]
        return digest

    def write(self) -> None:
        """Keep the digests; where that can't be done, the files are read again."""
        with suppress(OSError):
            if self._now != self._before:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with whole_file(self._path, is_durable=False) as file:
                    file.write(json.dumps(self._now).encode())

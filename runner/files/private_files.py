"""What only the user may read: actuals, predictions, scores and logs, whatever the umask says."""

import stat
from contextlib import suppress
from pathlib import Path

from runner.files.given_paths import real_path
from runner.files.stores import is_remote
from runner.files.whole_writes import PRIVATE_DIRECTORY, PRIVATE_FILE
from runner.progress import Say


def make_private_directory(path: Path) -> None:
    """Make a directory that others can't enter, so that they can read nothing that is put there."""
    path.mkdir(mode=PRIVATE_DIRECTORY)


def make_private(directory: Path) -> None:
    """Take all rights of others from a directory and from all that is in it."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(PRIVATE_DIRECTORY if path.is_dir() else PRIVATE_FILE)


def is_open_to_all(directory: Path) -> bool:
    """Return whether every user of this machine can enter a directory; at a URL nobody can tell."""
    if is_remote(directory):
        return False
    place = real_path(directory)
    with suppress(OSError):  # not there: nothing to read
        return all(each.stat().st_mode & stat.S_IXOTH for each in (place, *place.parents))
    return False


def warn_if_open(directory: Path, say: Say, name: str | None = None) -> None:
    """Say so if every user of this machine can read what is in a directory.

    Args:
        name: what the message calls the directory, instead of its path.
    """
    if is_open_to_all(directory):
        say(
            f"warning: {name or directory}: every user of this machine can read it. To change "
            f"that: chmod -R go= {'DIRECTORY' if name else directory}"
        )

"""A predictor's folder as its image will see it: what goes to the engine, and read-only."""

import shutil
import stat
from pathlib import Path

from runner.authoring.context_files import context_names, reading


def copy_read_only(directory: Path, copy: Path) -> None:
    """Copy the files of a folder that go to the engine, each with the rights of all others alone.

    Nobody may write to them, and what only their owner may read can't be read. Pipes and sockets
    are left out.

    Args:
        copy: does not exist yet.

    Raises:
        UsageError: a file can't be read.
    """
    folders = [copy]
    copy.mkdir()
    for name in context_names(directory):
        path, target = directory / name, copy / name
        with reading(path):
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                target.symlink_to(path.readlink())
            elif stat.S_ISDIR(mode):
                target.mkdir(parents=True, exist_ok=True)
                folders.append(target)
            elif stat.S_ISREG(mode):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                others = mode & 0o005  # the container's user is neither the owner nor of its group
                target.chmod(others << 6 | others << 3 | others)
    for folder in reversed(folders):
        folder.chmod(0o555)

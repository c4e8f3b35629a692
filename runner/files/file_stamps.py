"""What tells that a file has not been written since it was last read, without reading it again.

As git's index does it. Content can't change under the same stamp unless someone sets the clock
back, writes to the disk past the file system, or writes through a mapped page: no proof, then.
"""

import os
import stat
import time
from pathlib import Path

from runner.files.stores import is_remote

SECOND = 1_000_000_000
RECENT_NS = 2 * SECOND
"""A file that was written later than this may be written again at what its clock calls one time."""


def stamp_of(path: Path) -> str | None:
    """Return a text that differs after every change of a file of this disk; None if there is none.

    There is none at a URL, of a file that changed a moment ago, and where times have no fractions:
    two changes within one second, or two copies of a read-only image, would look the same. The time
    of the last change counts, which no program can set, as it can that of the last write.
    """
    if is_remote(path):
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    age = time.time_ns() - found.st_ctime_ns
    if age < RECENT_NS or found.st_ctime_ns % SECOND == 0 or not stat.S_ISREG(found.st_mode):
        return None
    fields = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return " ".join(map(str, (os.path.abspath(path), *fields)))  # noqa: PTH100  (links stay)

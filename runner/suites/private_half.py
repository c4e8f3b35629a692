"""Where a suite's private half is, and whether others can read it."""

from pathlib import Path

from runner.files.private_files import warn_if_open
from runner.progress import Say
from runner.suites.manifest import PRIVATE


def warn_of_private_half(directory: Path, private_root: Path | None, say: Say) -> None:
    """Say so if every user of this machine can read the actuals of a suite.

    Args:
        private_root: where the private half is if not in the suite's directory; it is not shown.
    """
    if private_root is None:
        warn_if_open(directory / PRIVATE, say)
    else:
        warn_if_open(private_root, say, "the private half")

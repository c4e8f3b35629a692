"""Where a suite is while it is being built, and what builds that were killed left there."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from runner.files.locks import locked_directory, unheld_directory
from runner.files.whole_writes import find_unfinished, unfinished_directory
from runner.progress import Say
from runner.suites.manifest import PRIVATE, PUBLIC


@contextmanager
def unfinished_suite(place: Path, say: Say) -> Iterator[Path]:
    """Yield an empty directory beside the place of a suite, held as long as its build lives.

    What killed builds of the same suite left is removed: there are actuals in it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with locked_directory(place.parent):  # none is seen before it is held
            for left in find_unfinished(place):
                if _remove_if_dead(left):
                    say(f"removed {left}, left by a build that was killed")
            unfinished = held.enter_context(unfinished_directory(place))
            held.enter_context(locked_directory(unfinished))
        yield unfinished


def _remove_if_dead(directory: Path) -> bool:
    with suppress(OSError), unheld_directory(directory):  # a build holds its own
        if {path.name for path in directory.iterdir()} <= {PUBLIC, PRIVATE}:
            shutil.rmtree(directory)
            return True
    return False

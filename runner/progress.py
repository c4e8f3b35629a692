"""Progress of long work: inner code reports it, the command line shows it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Say = Callable[[str], None]
"""Shows a line that concerns the user. Called from any thread."""

MOST_SAID = 10
"""Lines of one kind. Of a thousand nobody reads more, and they hide what else is said."""


class Task(Protocol):
    """One long piece of work that is running."""

    def advance(self) -> None:
        """Report that one more item is done."""

    def show(self, what: str, done: int, total: int | None) -> None:
        """Report the current step, how many items are done, and the total if it is known."""


class Progress(Protocol):
    """Where lines and tasks are shown. Any thread may call it; many tasks may run at once."""

    def say(self, line: str) -> None:
        """Show a line that concerns the user."""

    def task(self, what: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Show a task while the block lasts.

        Args:
            what: the work's name; unprintable characters are escaped.
            total: how many items it has; None if unknown.
        """
        ...


class Silent:
    """A ``Progress`` that shows nothing; it is also each of its tasks."""

    def say(self, line: str) -> None:
        """Show no line."""

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:  # noqa: ARG002
        """Yield a task that shows nothing."""
        yield self

    def advance(self) -> None:
        """Show nothing."""

    def show(self, what: str, done: int, total: int | None) -> None:
        """Show nothing."""


SILENT: Progress = Silent()


def say_first(say: Say, lines: Sequence[str], others: str) -> None:
    """Say the first lines, and then how many there are besides.

    Args:
        others: what the others are, e.g. ``reports are left out``.
    """
    for line in lines[:MOST_SAID]:
        say(line)
    if len(lines) > MOST_SAID:
        say(f"{len(lines) - MOST_SAID:,} more {others}")

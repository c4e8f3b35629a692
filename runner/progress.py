"""How far long work is: what deep code tells, and the command line shows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Say = Callable[[str], None]
"""Shows a line that concerns the user. Called from any thread."""


class Task(Protocol):
    """One piece of long work that is under way."""

    def advance(self) -> None:
        """Tell that one more item is done."""

    def show(self, what: str, done: int, total: int | None) -> None:
        """Tell what is done now, how many items are done, and of how many if that is known."""


class Progress(Protocol):
    """Where lines and tasks are shown. Called from any thread; many tasks may be under way."""

    def say(self, line: str) -> None:
        """Show a line that concerns the user."""

    def task(self, what: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Show a task while the block lasts.

        Args:
            what: it is shown, so text of others is made printable first.
            total: how many items it has; None if nobody knows.
        """
        ...


class Silent:
    """Shows nothing: a ``Progress``, and each of its tasks."""

    def say(self, line: str) -> None:
        """Show no line."""

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:  # noqa: ARG002
        """Give a task of which nothing is shown."""
        yield self

    def advance(self) -> None:
        """Show nothing of it."""

    def show(self, what: str, done: int, total: int | None) -> None:
        """Show nothing of it."""


SILENT: Progress = Silent()

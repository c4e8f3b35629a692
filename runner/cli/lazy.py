"""Commands whose modules are imported when they are needed, so that help is quick."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from importlib import import_module
from typing import Any

import click


def load(name: str) -> Any:
    """Return what ``package.module:name`` names, after importing its module."""
    module, _, attribute = name.partition(":")
    if module in sys.modules:
        return getattr(sys.modules[module], attribute)
    with _without_collections():
        return getattr(import_module(module), attribute)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep Python from looking for garbage among what is made meanwhile, then or later.

    What imports make lasts as long as the process. A command's imports make 200,000 objects, and
    to go through them over and over took a sixth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


class Late:
    """A function in another module, which is imported when it is first called.

    Attributes:
        name: ``package.module:function``.
    """

    def __init__(self, name: str, declared: Callable[[], None]) -> None:
        self.name = name
        update_wrapper(self, declared)

    def __call__(self, **options: Any) -> Any:
        """Import the function, then call it."""
        return load(self.name)(**options)


def does(name: str) -> Callable[[Callable[[], None]], Late]:
    """Return a decorator: the declaration keeps its help text, and the named function runs."""
    return lambda declared: Late(name, declared)


class LazyGroup(click.Group):
    """Lists its commands in the order given, and imports the one that is used.

    Args:
        lazy: for each command's name, its place (``package.module:command``) and its short help.
    """

    def __init__(self, *, lazy: Mapping[str, tuple[str, str]], **options: Any) -> None:
        # click suggests one of these names for a misspelt name.
        stubs = {name: click.Command(name, short_help=text) for name, (_, text) in lazy.items()}
        super().__init__(commands=stubs, **options)
        self._places = {name: place for name, (place, _) in lazy.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, None if no command has this name."""
        stub = self.commands.get(cmd_name)
        if stub is None:
            return None
        command: click.Command = load(self._places[cmd_name])
        command.short_help = stub.short_help
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the short helps, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, stub.short_help or "") for name, stub in self.commands.items()]
            )

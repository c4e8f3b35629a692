"""Options of a command, declared once as the fields of dataclasses: a group of the help each."""

import functools
from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

import cloup

_DECLARED = "option"


def option(*names: str, **attributes: Any) -> Any:
    """Return a field of a dataclass that a command's option fills.

    Args:
        names: as the user writes it, e.g. ``--jobs``.
        attributes: as ``click.option`` takes them.
    """
    return field(metadata={_DECLARED: (names, attributes)})


def option_groups(**groups: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of dataclasses, each as one argument of the name given here.

    A group's title in the help is the first line of its dataclass's docstring.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_groups(**given: Any) -> Any:
            filled = {name: _fill(group, given) for name, group in groups.items()}
            return command(**filled, **given)

        decorated: Callable[..., Any] = with_groups
        for group in reversed(groups.values()):
            decorated = cloup.option_group(_title(group), *map(_option, fields(group)))(decorated)
        return decorated

    return decorate


def _fill(group: type[Any], given: dict[str, Any]) -> Any:
    return group(**{each.name: given.pop(each.name) for each in fields(group)})


def _title(group: type[Any]) -> str:
    return str(group.__doc__).partition("\n")[0].removesuffix(".")


def _option(declared: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    names, attributes = declared.metadata[_DECLARED]
    made: Callable[[Callable[..., Any]], Callable[..., Any]]
    made = cloup.option(*names, declared.name, **attributes)
    return made

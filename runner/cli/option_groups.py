"""Options of a command, as fields of dataclasses; each dataclass is a group in the help."""

import functools
from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

import cloup

_DECLARED = "option"


def option(*names: str, **attributes: Any) -> Any:
    """Return a dataclass field that holds the value of a command's option.

    Args:
        names: as the user writes it, e.g. ``--jobs``.
        attributes: as ``click.option`` takes them.
    """
    return field(metadata={_DECLARED: (names, attributes)})


def option_groups(**groups: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of dataclasses to a command.

    The command gets each dataclass, filled, as the keyword argument that it is named by here. A
    group's title in the help is the first line of its dataclass's docstring.
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

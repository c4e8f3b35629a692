"""Prints text and JSON; the only way to standard output and standard error.

So nothing that others wrote, wherever a message quotes it, moves a cursor or is a command
to the CI whose log it reaches.
"""

import json
import math
from collections.abc import Mapping

import click

from runner.untrusted import json_text, printable_lines


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print lines."""
    click.echo(printable_lines(text), err=err, nl=nl)


def echo_json(document: object, *, indent: int | None = 2) -> None:
    """Print a document as JSON on standard output; a path becomes text.

    A number that is none or infinite becomes null: JSON has no word for it.
    """
    try:
        text = json.dumps(document, indent=indent, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(document), indent=indent, default=str)
    click.echo(json_text(text))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Prints text and JSON; the only way to standard output and standard error.

So nothing that others wrote, wherever a message quotes it, moves a cursor or is a command
to the CI whose log it reaches.
"""

import json

import click

from runner.untrusted import json_text, printable_lines


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print lines."""
    click.echo(printable_lines(text), err=err, nl=nl)


def echo_json(document: object, *, indent: int | None = 2) -> None:
    """Print a document as JSON on standard output; a path becomes text."""
    click.echo(json_text(json.dumps(document, indent=indent, default=str)))

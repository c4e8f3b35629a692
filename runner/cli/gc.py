"""``runner gc``."""

import json
from dataclasses import asdict

import click

from runner.errors import ExitCode
from runner.files.scratch import remove_dead_scratch
from runner.sandbox.cleanup import Leftover, collect_garbage
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.untrusted import printable


def gc(as_json: bool) -> int:
    """Remove what killed runners left, and print it; return the exit code."""
    engine = Engine.connect()
    collected = collect_garbage(engine, engine_identity(engine.fetch_info()))
    code = ExitCode.ENGINE_FAULT if collected.kept else ExitCode.SCORED
    directories = [str(directory) for directory in remove_dead_scratch()]
    if as_json:
        click.echo(json.dumps({**asdict(collected), "directories": directories}, indent=2))
        return code
    for leftover in collected.removed:
        click.echo(f"removed the {leftover.kind} {leftover.name}")
    for directory in directories:
        click.echo(f"removed the directory {directory}")
    if not (collected.removed or directories):
        click.echo("nothing was removed" if collected.kept else "nothing to remove")
    for _, reason in collected.kept:
        click.echo(f"still there: {reason} Restart the engine, then try again.", err=True)
    for leftover in collected.unknown:
        click.echo(f"{_describe(leftover)} {_command(leftover)}", err=True)
    return code


def _describe(leftover: Leftover) -> str:
    return (
        f"left alone: the {leftover.kind} {leftover.name} has the runner's label, but is not in "
        "this user's record. If nobody needs it:"
    )


def _command(leftover: Leftover) -> str:
    name = printable(leftover.name)
    command = {"container": "rm -fv", "volume": "volume rm", "network": "network rm"}
    return f"docker {command[leftover.kind]} {name}"

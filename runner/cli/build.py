"""``runner build``."""

import re
from functools import partial
from pathlib import Path

import click
import docker

from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.carried_folders import base_image_folder
from runner.authoring.image_context import (
    base_pins,
    context_digest,
    context_files,
    from_references,
    read_expected,
    write_context,
)
from runner.cli.progress import open_display
from runner.contract.layout import CONTRACT_VERSION
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
from runner.progress import Task
from runner.sandbox.engine.build import (
    CONTEXT_LABEL,
    CONTRACT_LABEL,
    EXPECTED_LABEL,
    build_image,
    engine_machine,
    is_built,
)
from runner.sandbox.engine.client import connect, resolve_image
from runner.sandbox.engine.image import Image
from runner.untrusted import printable

MEGABYTE = 1_000_000  # as `docker images` counts


def build(directory: str | None, tag: str, base: bool, build_arg: tuple[str, ...]) -> None:
    """Build an image, unless nothing has changed since it was built."""
    build_args = dict(argument.partition("=")[::2] for argument in build_arg)
    folder = _folder(directory, base=base)
    references = from_references(folder, build_args)
    if not base:
        for warning in find_build_warnings(folder, context_files(folder), base_pins()):
            click.echo(f"warning: {printable(warning)}", err=True)
    client, display = connect(), open_display()
    parent_ids = [_parent(client, reference).id for reference in references]
    digest = context_digest(folder, base=base, parents=parent_ids, build_args=build_args)
    if is_built(client, tag, digest):
        click.echo(f"{tag}: nothing has changed, it stays as it is", err=True)
        return
    with scratch_directory() as context:
        display.announce(f"{tag}: resolving packages")
        with display.task(f"{tag}: resolving packages"):
            write_context(folder, context, base=base, machine=engine_machine(client))
        display.announce(f"{tag}: building")
        labels = {
            CONTEXT_LABEL: digest,
            CONTRACT_LABEL: str(CONTRACT_VERSION),
            **({EXPECTED_LABEL: expected} if (expected := read_expected(folder)) else {}),
        }
        with display.task(f"{tag}: building") as task:
            show_step = partial(_show_step, task)
            size = build_image(client, context, tag, labels, build_args, show_step)
    click.echo(f"{tag}: built, {size / MEGABYTE:.0f} MB. Next: runner check {tag}", err=True)


def _folder(directory: str | None, *, base: bool) -> Path:
    if directory is None and not base:
        raise UsageError("Name the predictor's folder: runner build DIR -t IMAGE")
    return base_image_folder() if directory is None else Path(directory)


def _parent(client: docker.DockerClient, reference: str) -> Image:
    try:
        return resolve_image(client, reference)
    except UsageError as error:
        advice = _BASES.get(reference)
        raise UsageError(f"{error} {advice}" if advice else str(error)) from error


_BASES = {
    "runner-base": "It is the base of Python predictors: runner build --base -t runner-base",
    "python:3.11-slim": "Or name another Python 3.11 image: --build-arg PYTHON_BASE=IMAGE",
    "runner-shell-base": "A checkout's setup/language_base.sh shell makes it.",
    "runner-r-base": "A checkout's setup/language_base.sh r makes it.",
}


def _show_step(task: Task, line: str) -> None:
    """Show a line of the engine's: ``Step 2/5 : COPY packages/ /packages/``."""
    if step := re.match(r"Step (\d+)/(\d+) : (.*)", line):
        task.show(step[3], int(step[1]) - 1, int(step[2]))

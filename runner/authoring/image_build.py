"""A predictor's folder -> its image on the engine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.context_files import context_files, reading
from runner.authoring.image_context import from_references, read_expected, write_context
from runner.authoring.image_packages import base_pins
from runner.contract.layout import CONTRACT_VERSION
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
from runner.progress import Progress, Task
from runner.sandbox.engine.build import CONTRACT_LABEL, EXPECTED_LABEL
from runner.sandbox.engine.engine import Engine


@dataclass(frozen=True)
class ImageSource:
    """The source of an image.

    Attributes:
        base: the folder is the base image's, not a predictor's.
        build_args: values of the Dockerfile's ARGs.
    """

    folder: Path
    base: bool
    build_args: Mapping[str, str]

    def from_references(self) -> list[str]:
        """Return the images in the Dockerfile's FROM lines.

        Raises:
            UsageError: there is no Dockerfile, or it names none.
        """
        return from_references(self.folder, self.build_args)

    def warnings(self) -> list[str]:
        """Return warnings about a predictor's folder."""
        if self.base:
            return []
        with reading(self.folder):
            return find_build_warnings(self.folder, context_files(self.folder), base_pins())


def build_predictor(
    engine: Engine, source: ImageSource, tag: str, progress: Progress
) -> int | None:
    """Build an image, and return its bytes; None if it is the one that the tag names already.

    The engine's own cache decides which steps of the Dockerfile are carried out.

    Raises:
        UsageError: an image in a FROM line is not on the engine.
        BuildError: a package can't be found, or a step of the Dockerfile failed.
    """
    for reference in source.from_references():
        _require_parent(engine, reference)
    before = engine.find_built(tag)
    with scratch_directory() as folder, (folder / "context.tar").open("w+b") as context:
        progress.say(f"{tag}: resolving packages")
        with progress.task(f"{tag}: resolving packages"):
            machine = str(engine.fetch_info()["Architecture"])
            write_context(source.folder, context, base=source.base, machine=machine)
        context.seek(0)
        progress.say(f"{tag}: building")
        with progress.task(f"{tag}: building") as task:
            show_step = partial(_show_step, task)
            labels = _labels(source)
            built = engine.build_image(context, tag, labels, source.build_args, show_step)
    return None if before is not None and before.id == built.id else built.size_bytes


def _labels(source: ImageSource) -> dict[str, str]:
    labels = {CONTRACT_LABEL: str(CONTRACT_VERSION)}
    expected = read_expected(source.folder)
    return {**labels, EXPECTED_LABEL: expected} if expected else labels


def _require_parent(engine: Engine, reference: str) -> None:
    """Raise a UsageError that says how to get the image if the engine lacks it."""
    try:
        engine.resolve_image(reference)
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
    """Show a line from the engine: ``Step 2/5 : COPY packages/ /packages/``."""
    if step := re.match(r"Step (\d+)/(\d+) : (.*)", line):
        task.show(step[3], int(step[1]) - 1, int(step[2]))

"""The base images of predictors, on an image of a registry or one made of Debian's packages."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runner.authoring.carried_folders import base_image_folder, debian_script
from runner.authoring.dockerfile import without_runs
from runner.authoring.image_build import Built, build_predictor, show_step
from runner.authoring.image_context import write_packages_context
from runner.authoring.image_source import ImageSource
from runner.authoring.platforms import BuildPlatform
from runner.errors import EngineError, UsageError
from runner.files.scratch import scratch_directory
from runner.progress import Progress
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.pull import Pull


@dataclass(frozen=True)
class _Parent:
    """The image below a base.

    Attributes:
        argument: the Dockerfile's ARG that names another.
        official: of a registry.
        made: the name of the one made of Debian's packages where no registry answers.
        packages: of Debian, joined by commas.
        probe: a command that the made one must run.
    """

    argument: str
    official: str
    made: str
    packages: str
    probe: str


_PYTHON = _Parent(
    "PYTHON_BASE",
    "python:3.11-slim",
    "runner-python-base:3.11-bookworm",
    "python3,python-is-python3,tzdata,libstdc++6",  # every wheel with C++ expects libstdc++6
    "python -Bc 'import bz2, ctypes, lzma, multiprocessing, sqlite3, ssl, zoneinfo; "
    'zoneinfo.ZoneInfo("Europe/Oslo"); ctypes.CDLL("libstdc++.so.6")\'',
)
_DEBIAN = _Parent(
    "DEBIAN_BASE", "debian:bookworm-slim", "runner-debian-base:bookworm", "", "dpkg --audit"
)

# The settings are the official images' own.
_MADE = """\
FROM scratch
ADD root/root.tar /
ENV LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN {probe}
CMD ["{command}"]
"""


def build_base(
    engine: Engine,
    language: str,
    tag: str,
    build_args: Mapping[str, str],
    progress: Progress,
    asked_platform: str | None = None,
) -> Built:
    """Build the base of predictors in a language. No checkout is needed.

    Args:
        asked_platform: that it is for, e.g. ``linux/arm64``; None for the engine's own.

    Raises:
        UsageError: the image that a build argument names can't be had.
        EngineError: neither a registry nor Debian's mirror can be reached.
        BuildError: a step failed.
    """
    is_python = language == "python"
    parent = _PYTHON if is_python else _DEBIAN
    named = build_args.get(parent.argument)
    platform = BuildPlatform.of(engine, asked_platform)
    if named is None:
        if platform.is_engines:
            named = _obtain_parent(engine, parent, progress)
        else:
            named = _obtain_other(engine, parent, platform, progress)
    else:
        engine.images.obtain(named, Pull.MISSING, progress.say)
    with scratch_directory() as scratch:
        # The installed one may not be writable, and the build writes apt.lock.
        folder = shutil.copytree(base_image_folder(language), scratch / "base")
        if not platform.is_engines:
            _leave_out_runs(folder / "Dockerfile", tag, progress)
        source = ImageSource(folder, is_python, {**build_args, parent.argument: named})
        return build_predictor(engine, source, tag, progress, asked_platform)


def _leave_out_runs(dockerfile: Path, tag: str, progress: Progress) -> None:
    """Leave out what a base's Dockerfile runs: it byte-compiles and checks, and makes no more."""
    whole = dockerfile.read_text(encoding="utf-8")
    left = without_runs(whole, byte_compiling_only=False)
    if left != whole:
        progress.say(f"{tag}: is not byte-compiled or checked; predictors start a little slower")
        dockerfile.write_text(left, encoding="utf-8")


def _obtain_other(
    engine: Engine, parent: _Parent, platform: BuildPlatform, progress: Progress
) -> str:
    """Return the image of the registry for another platform, under a name of its own.

    Raises:
        UsageError, EngineError: the registry has none, or can't be reached. None can be made of
            Debian's packages instead: their installation runs programs of the platform.
    """
    own_name = f"{parent.made.partition(':')[0]}:{platform.architecture}"
    found = engine.images.find_built(own_name)
    if found is not None and platform.fits(found.platform):
        return own_name
    try:
        engine.images.pull_for(platform.name, parent.official, own_name, progress.say)
    except (EngineError, UsageError) as error:
        raise type(error)(
            f"{error} The base for {platform.name} can be made of that image alone. Or build it on "
            f"an engine for {platform.name}, and bring it here: docker save, docker load."
        ) from error
    return own_name


def _obtain_parent(engine: Engine, parent: _Parent, progress: Progress) -> str:
    """Return the image of the registry, or one made of Debian's packages."""
    for reference in (parent.official, parent.made):
        if engine.images.find_built(reference) is not None:
            return reference
    try:
        engine.images.obtain(parent.official, Pull.MISSING, progress.say)
    except (EngineError, UsageError) as error:
        progress.say(f"{error} Making {parent.made} of Debian's packages instead: half a minute")
        _make_parent(engine, parent, progress)
        return parent.made
    return parent.official


def _make_parent(engine: Engine, parent: _Parent, progress: Progress) -> None:
    with scratch_directory() as scratch, (scratch / "context.tar").open("w+b") as context:
        folder = scratch / "root"
        folder.mkdir()
        with progress.task(f"{parent.made}: installing Debian's packages") as task:
            _run_script(folder / "root.tar", parent.packages)
            command = "python3" if parent is _PYTHON else "sh"
            dockerfile = _MADE.format(probe=parent.probe, command=command)
            write_packages_context(context, dockerfile, {folder.name: folder})
            context.seek(0)
            engine.images.build(context, parent.made, {}, {}, partial(show_step, task))


def _run_script(tar: Path, packages: str) -> None:
    ended = subprocess.run(  # noqa: S603  (our own script, arguments as a list)
        [shutil.which("bash") or "/bin/bash", str(debian_script()), str(tar), packages],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise EngineError(ended.stderr.strip() or f"The script ended with {ended.returncode}.")

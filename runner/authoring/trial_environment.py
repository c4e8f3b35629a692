"""The Python environment in which ``runner try`` runs a predictor: the packages of its image.

One environment has the base image's packages. One for each requirements.txt sees those, and adds
its own. They are kept in the user's cache.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from runner.authoring.context_files import REQUIREMENTS, REQUIREMENTS_LOCK
from runner.authoring.image_packages import BASE_LOCK, IMAGE_PYTHON, base_pins, run_pip
from runner.errors import UsageError
from runner.files.locks import locked_file
from runner.files.user_directories import cache_directory
from runner.progress import Progress

UNUSED_DAYS = 30
"""An environment that was not used for so long is removed when another one is made."""

_COMPLETE = "complete"
"""A file that an environment has once it is whole."""

_INCLUDES = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)")


def find_environment(folder: Path, progress: Progress) -> Path:
    """Return the environment with a folder's packages and the base image's; make it if need be.

    Raises:
        BuildError: a requirement can't be installed; the message has pip's output.
        EngineError: this machine's disk is full.
        UsageError: the cache can't be written.
    """
    names = (REQUIREMENTS_LOCK, REQUIREMENTS)
    requirements = next((folder / name for name in names if (folder / name).is_file()), None)
    python = shutil.which(f"python{IMAGE_PYTHON}") or sys.executable
    here = cache_directory() / "environments"
    try:
        here.mkdir(parents=True, exist_ok=True)
        with locked_file(here / "lock", "ab"):
            base = here / _name(python, [BASE_LOCK])
            if not _is_ready(base):
                what = f"the packages of the base image, only this once: {base}"
                _make(
                    base,
                    python,
                    ["--no-deps", "--require-hashes", f"-r{BASE_LOCK}"],
                    progress,
                    what,
                )
            if requirements is None or not _names_packages(requirements):
                return base
            own = here / _name(python, [BASE_LOCK, *_files(requirements)])
            if not _is_ready(own):
                what = f"the packages of {requirements}"
                _make(own, python, _options(requirements, here), progress, what, base)
                _remove_unused(here, {base, own})
            return own
    except OSError as error:
        raise UsageError(
            f"{here}: the environment of packages can't be written ({error.strerror or error}). "
            "Free space, or set XDG_CACHE_HOME to a directory elsewhere."
        ) from error


def _name(python: str, files: Sequence[Path]) -> str:
    """Return a name that stands for a Python, and what its environment should hold."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(python)))
    for file in files:
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _files(requirements: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield a requirements file, and those that it includes.

    Args:
        above: the files that include this one.
    """
    yield requirements
    for line in requirements.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := _INCLUDES.match(line):
            included = requirements.parent / match[1]
            if included.is_file() and included not in (*above, requirements):
                yield from _files(included, (*above, requirements))


def _names_packages(requirements: Path) -> bool:
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _options(requirements: Path, here: Path) -> list[str]:
    """Return pip's options: as a build chooses packages."""
    if requirements.name == REQUIREMENTS_LOCK:
        return ["--no-deps", "--require-hashes", f"-r{requirements}"]
    constraints = here / "constraints.txt"
    constraints.write_text("\n".join(sorted(base_pins())) + "\n", encoding="utf-8")
    return ["--only-binary=:all:", f"--constraint={constraints}", f"-r{requirements}"]


def _is_ready(environment: Path) -> bool:
    """Return whether an environment is whole; note that it is used."""
    complete = environment / _COMPLETE
    if not complete.exists():
        return False
    os.utime(complete)
    return True


def _make(
    environment: Path,
    python: str,
    options: Sequence[str],
    progress: Progress,
    what: str,
    base: Path | None = None,
) -> None:
    """Make an environment; with a base it sees that one's packages, and gets no second copy.

    Nothing stays of one that can't be made.
    """
    shutil.rmtree(environment, ignore_errors=True)
    progress.say(f"installing {what}")
    with ExitStack() as if_it_fails, progress.task("installing packages"):
        if_it_fails.callback(shutil.rmtree, environment, ignore_errors=True)
        # Links, so that the same Python runs; its own packages are not seen.
        command = [python, "-m", "venv", "--without-pip", str(environment)]
        run = subprocess.run(command, check=False)  # noqa: S603  (Python itself)
        if run.returncode != 0:
            raise UsageError(
                f"{environment}: {python} can't make an environment there. Is the disk full? Or "
                "python3-venv is not installed, which Debian has apart from Python."
            )
        if base is not None:
            packages = next(base.glob("lib/python*/site-packages"))
            place = next(environment.glob("lib/python*/site-packages"))
            place.joinpath("base.pth").write_text(f"{packages}\n", encoding="utf-8")
        _pip_install(environment, options)
        environment.joinpath(_COMPLETE).touch()
        if_it_fails.pop_all()


def _pip_install(environment: Path, options: Sequence[str]) -> None:
    install = ["install", "--quiet", "--no-compile", "--disable-pip-version-check", *options]
    what = (
        "pip install failed, as `runner build` will; `runner try --here` uses the packages of this "
        "Python."
    )
    run_pip(what, "--python", str(environment / "bin" / "python"), *install)


def _remove_unused(environments: Path, used: Collection[Path]) -> None:
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for complete in environments.glob(f"*/{_COMPLETE}"):
        if complete.stat().st_mtime < oldest and complete.parent not in used:
            shutil.rmtree(complete.parent, ignore_errors=True)

"""The tests, in several processes at once: ``python -m tests``, or ``python -m tests long``.

Those marked ``long`` have a command of their own: with them it would take three times as long.
The unit tests need no engine, and are two parts. Of the others, some run on the user's engine, and
some on engines of their own, so that each finds on its engine what it left there itself: these
tests mostly wait, so there are more processes than processors. Where no other engine can be
started, one follows the other.
"""

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

import docker
import pytest

from tests.integration.spare_engine import SpareEngine, spare_engine

IMAGES = ("runner-base", "random", "train_mean", "perturbation_linear", "scenario_mean")

PARENTS = {
    "debian:bookworm-slim",
    "python:3.11-slim",
    "runner-debian-base:bookworm",
    "runner-python-base:3.11-bookworm",
}
"""What bases stand on, of a registry or made of Debian's packages, which takes a minute each."""

LONG = "long"
"""The mark of tests that are left to a command of their own."""

WITHOUT_ENGINE = ("tests/unit", "tests/pages")
HALF = (
    "tests/pages",
    *(f"tests/unit/{name}" for name in ("authoring", "building", "cli", "submissions")),
)
"""Half of these tests, which never wait: in one process they would be the last to end, with a core
idle. And pytest-xdist takes a millisecond for each, and collects all of them in each process."""

ON_OWN_ENGINES = (
    (
        "api",
        "attack",
        "cards",
        "exported_images",
        "faults",
        "gc",
        "importing",
        "layers",
        "page_cache",
        "protections",
        "s3",
        "sandbox",
        "stores",
    ),
    (
        "build_context",
        "command",
        "doctor",
        "engine_lost",
        "evaluate",
        "images",
        "live_view",
        "rescore",
        "resume",
        "scale",
        "scores",
        "suites",
        "docs",
    ),
)
"""Files of tests/integration, by the engine that they share: those whose containers nobody on this
host has to reach by network. ``docs`` comes last on its engine: it builds the base there again."""


def main() -> int:
    """Run all parts and print first the one's output, as it comes, then the others'."""
    if sys.argv[1:] not in ([], [LONG]):
        sys.exit(f"usage: python -m tests [{LONG}]")
    # Else each of hundreds of commands would compile its modules, and each worker all tests.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(__file__).parents[1] / "runner", quiet=1)
    own = [[f"tests/integration/test_{name}.py" for name in names] for names in ON_OWN_ENGINES]
    elsewhere = [*WITHOUT_ENGINE, *(path for paths in own for path in paths)]
    rest = ["tests", *(f"--ignore={path}" for path in elsewhere)]
    if not _can_start_an_engine():
        return max(_code(_run(rest)), _code(_run(elsewhere)))
    with ThreadPoolExecutor() as threads:
        halves = [HALF, ["tests/unit", *(f"--ignore={path}" for path in HALF)]]
        others = [threads.submit(_run, half, stdout=PIPE, stderr=STDOUT) for half in halves]
        others += [threads.submit(_run_on_own_engine, paths) for paths in own]
        ended = [_run(rest), *(other.result() for other in others)]
    sys.stdout.buffer.write(b"".join(each.stdout for each in ended[1:]))
    return max(map(_code, ended))


def _code(ended: subprocess.CompletedProcess[bytes]) -> int:
    """Return the exit code of a part, which may have no long test; a signal's number if killed."""
    is_empty = LONG in sys.argv and ended.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    return 0 if is_empty else abs(ended.returncode)


def _can_start_an_engine() -> bool:
    return os.geteuid() == 0 and shutil.which("dockerd") is not None


def _run(paths: Sequence[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run pytest on these paths; options as of ``subprocess.run``."""
    marked = LONG if LONG in sys.argv else f"not {LONG}"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-m", marked, *paths], check=False, **options
    )


def _run_on_own_engine(paths: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    with _own_engine() as engine:
        environment = {**os.environ, "DOCKER_HOST": engine.url}
        return _run(paths, env=environment, stdout=PIPE, stderr=STDOUT)


@contextmanager
def _own_engine() -> Iterator[SpareEngine]:
    """Give an engine that has the images that the tests start from."""
    with (
        spare_engine(has_networks=True) as engine,
        closing(docker.from_env().api) as source,
        closing(docker.APIClient(engine.url, version="1.41")) as target,
    ):
        # Not docker-py's get_image: it takes one image, and they share most of their layers.
        here = {tag for image in source.images() for tag in image["RepoTags"] or ()}
        names = {"names": [*IMAGES, *sorted(PARENTS & here)]}
        images = source.get(f"{source.base_url}/images/get", params=names, stream=True)
        images.raise_for_status()
        target.post(f"{target.base_url}/images/load", data=images.raw).raise_for_status()
        yield engine


if __name__ == "__main__":
    sys.exit(main())

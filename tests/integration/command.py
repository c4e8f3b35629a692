"""The command ``runner``: a process of its own, forked from one that has its imports behind it."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUNNER = Path(sys.executable).with_name("runner")
"""The command itself, for tests that send it signals or run it beside another."""

TIMEOUT_SECONDS = 280

# The imports take two seconds, several times what most commands do after them.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "runner.cli.main",
        "runner.evaluation.evaluation",
        "runner.attack.run",
        "runner.audit.audit",
        "runner.authoring.image_check",
        "runner.leaderboard.ranking",
        "runner.reports.verification",
        "runner.building.build",
    ]
)


def runner(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would, in this directory, and return how it ended."""
    command = ["runner", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("stdout", "stderr")]
        process = _FORKS.Process(
            target=_run_command, args=(command, {**os.environ, **environment}, Path.cwd(), places)
        )
        process.start()
        process.join(TIMEOUT_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
        stdout, stderr = (place.read_text(encoding="utf-8") for place in places)
    assert process.exitcode is not None
    return subprocess.CompletedProcess(command, process.exitcode, stdout, stderr)


def _run_command(
    command: list[str], environment: dict[str, str], directory: Path, places: list[Path]
) -> None:
    for number, place in enumerate(places, start=1):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.argv = command
    from runner.cli.main import main  # noqa: PLC0415  (in the fork)

    main()

"""Runs a predictor as a plain process on one case, without a container.

Its result has a container's form, so that the same code judges both.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import runner
from runner.authoring.limited_process import Ended, run_limited
from runner.authoring.trial_case import TrialCase
from runner.authoring.trial_copy import copy_read_only
from runner.authoring.trial_variables import image_variables
from runner.contract.layout import INPUT_DIR_VARIABLE, OUTPUT_DIR, OUTPUT_DIR_VARIABLE
from runner.errors import UsageError
from runner.files.below import paths_below
from runner.files.scratch import scratch_directory
from runner.sandbox.outcome import SIGNAL_EXIT_BASE, ContainerEnd
from runner.sandbox.output_archive import read_output
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun

COMMANDS: Mapping[str, Sequence[str]] = {
    "predictor.py": ("python3", "-m", "runner.contract", "predictor.py"),
    "predict.sh": ("sh", "predict.sh"),
    "predict.R": ("Rscript", "predict.R"),
    "predict.mjs": ("node", "predict.mjs"),
}
"""The command for a predictor whose folder holds this file; its image uses the same one."""

INSTALLED_BY: Mapping[str, str] = {
    "Rscript": "R and its package jsonlite (r-base-core and r-cran-jsonlite of Debian)",
    "node": "Node.js 18 or later",
}
"""What has the program of a template that a machine may lack."""

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
"""What a predictor sees of this environment; a container sees none of the rest either."""

_START = Path(__file__).with_name("trial_start.py")
_CHUNK_BYTES = 1024 * 1024


def default_command(folder: Path) -> list[str]:
    """Return the command that runs the predictor in a folder.

    Raises:
        UsageError: the folder holds none of the templates' files.
    """
    for name, command in COMMANDS.items():
        if (folder / name).is_file():
            return list(command)
    raise UsageError(
        f"{folder} holds none of {', '.join(COMMANDS)}. Say what runs the predictor: "
        f"runner try {shlex.quote(str(folder))} -- COMMAND..."
    )


def require_program(folder: Path, command: Sequence[str]) -> None:
    """Refuse a command whose program no package of Python brings, before packages are installed.

    Raises:
        UsageError: this machine lacks it.
    """
    if command[0] in INSTALLED_BY and shutil.which(command[0]) is None:
        raise UsageError(_no_program(command[0], folder))


def run_here(folder: Path, command: Sequence[str], case: TrialCase) -> SandboxRun:
    """Run the command in the folder, with this Python and this terminal, for a debugger.

    Nothing is limited, and the log stays empty.

    Raises:
        UsageError: there is no such program.
    """
    words = [sys.executable if word == "python3" else word for word in command[:1]] + [*command[1:]]
    with scratch_directory() as scratch:
        output = scratch / OUTPUT_DIR.name
        output.mkdir()
        environment = {**os.environ, **_places(case, output)}
        began = time.monotonic()
        # An interrupt is meant for the predictor or its debugger, which share the terminal.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            ended = subprocess.run(words, cwd=folder, env=environment, check=False)  # noqa: S603  (theirs)
        except FileNotFoundError as error:
            raise UsageError(_no_program(words[0], folder)) from error
        except OSError as error:
            raise UsageError(f"{words[0]}: can't be started ({error.strerror}).") from error
        finally:
            signal.signal(signal.SIGINT, before)
        return _result(case, output, Ended(ended.returncode, time.monotonic() - began))


def run_trial(
    folder: Path,
    command: Sequence[str],
    case: TrialCase,
    environment: Path,
    show: Callable[[str], None],
) -> SandboxRun:
    """Run the command as a container would: in a read-only copy, within the wall time.

    It has no variable of this process but a few; where the system lets a process give them up, no
    network either, and a container's /dev/shm and folder for temporary files.

    Args:
        environment: of Python, with the predictor's packages.
        show: called with each line that the predictor prints, at once, by another thread.

    Raises:
        UsageError: there is no such program, or a file of the folder can't be read.
    """
    with scratch_directory() as scratch:
        copy, output = scratch / "predictor", scratch / OUTPUT_DIR.name
        copy_read_only(folder, copy)
        for made in (output, scratch / "tmp", scratch / "contract" / "runner"):
            made.mkdir(parents=True)
        _link_contract(scratch / "contract" / "runner")
        variables = {
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            **image_variables(folder, copy),
            **_places(case, output),
            "PATH": f"{environment / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": f"{copy / 'packages'}:{scratch / 'contract'}",
            "HOME": str(scratch / "tmp"),
            "TMPDIR": str(scratch / "tmp"),
        }
        if shutil.which(command[0], path=variables["PATH"]) is None:
            raise UsageError(_no_program(command[0], folder))
        start = [*_start(case, scratch / "tmp"), *command]
        ended = run_limited(start, copy, variables, case.limits, show)
        return _result(case, output, ended)


def _no_program(name: str, folder: Path) -> str:
    what = INSTALLED_BY.get(name, "it")
    return (
        f"{name}: can't be started (there is no such program). `runner try` runs the predictor "
        f"with what this machine has: install {what}, or run it in its image: `runner build "
        f"{shlex.quote(str(folder))} -t IMAGE`, then `runner check IMAGE`."
    )


def _start(case: TrialCase, temporary: Path) -> list[str]:
    """Return the command that starts a program with a container's folders and no network."""
    limits = case.limits
    options = f"size={limits.tmp_bytes},nr_inodes={limits.tmp_files}", f"size={limits.shm_bytes}"
    folders = map(str, (case.input_dir.resolve(), temporary))
    return [sys.executable, "-I", "-S", str(_START), *folders, *options]


def _places(case: TrialCase, output: Path) -> dict[str, str]:
    return {
        INPUT_DIR_VARIABLE: str(case.input_dir),
        OUTPUT_DIR_VARIABLE: str(output),
        "PYTHONUNBUFFERED": "1",
    }


def _link_contract(package: Path) -> None:
    """Make a package ``runner`` that has the contract alone, as in the base image."""
    source = Path(runner.__file__).parent
    for name in ("__init__.py", "contract"):
        package.joinpath(name).symlink_to(source / name)


def _result(case: TrialCase, output: Path, ended: Ended) -> SandboxRun:
    """Return the result in the form of a container's."""
    code, seconds = ended.exit_code, ended.seconds
    found = read_output(_archive(output), case.limits, case.wanted_files)
    end = ContainerEnd(
        code if code >= 0 else SIGNAL_EXIT_BASE - code,
        seconds,
        oom_killed=ended.large,
        past_deadline=ended.late,
        output_full=found.full,
    )
    used = ResourceUse(seconds, found.bytes_used, found.file_count, None, None, is_sampled=False)
    return SandboxRun(end, found, ended.log, used, None)


def _archive(output: Path) -> Iterator[bytes]:
    """Yield the tar of an output directory that an engine would send; sockets are left out.

    A predictor can't remove a container's /output, nor put a link in its place.
    """
    with tarfile.open(fileobj=BytesIO(), mode="w", format=tarfile.GNU_FORMAT) as archive:
        is_there = output.is_dir() and not output.is_symlink()
        for path in [output, *sorted(paths_below(output))] if is_there else ():
            member = archive.gettarinfo(path, str(path.relative_to(output.parent)))
            if member is None:
                continue
            yield member.tobuf(tarfile.GNU_FORMAT)
            if member.isreg():
                with path.open("rb") as file:
                    while chunk := file.read(_CHUNK_BYTES):
                        yield chunk
                yield bytes(-member.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)

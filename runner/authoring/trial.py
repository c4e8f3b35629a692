"""Runs a predictor as a plain process on one case, without a container, for quick tries.

The process shares the terminal, so that prints and debuggers work. Its output is checked like a
container's.
"""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.contract.layout import (
    INPUT_DIR_VARIABLE,
    INSTANCE_PREDICTIONS,
    OUTPUT_DIR,
    OUTPUT_DIR_VARIABLE,
    PREDICTIONS,
)
from runner.contract.limits import Limits
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
from runner.output.findings import Cause, refusal

COMMANDS: Mapping[str, Sequence[str]] = {
    "predictor.py": (sys.executable, "-m", "runner.contract", "predictor.py"),
    "predict.sh": ("sh", "predict.sh"),
    "predict.R": ("Rscript", "predict.R"),
}
"""The command for a predictor whose folder holds this file; its image uses the same one."""


@dataclass(frozen=True)
class Trial:
    """A process's result: its exit code, and the output files that the contract asks for."""

    exit_code: int
    outputs: Mapping[str, bytes]


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
        f"runner try {folder} -- COMMAND..."
    )


def run_trial(folder: Path, command: Sequence[str], input_dir: Path, limits: Limits) -> Trial:
    """Run the command in the folder, with the inputs and an empty output directory.

    Raises:
        UsageError: there is no such program.
        InvalidOutputError: an output file can't be read.
    """
    with scratch_directory() as output:
        environment = {
            **os.environ,
            INPUT_DIR_VARIABLE: str(input_dir),
            OUTPUT_DIR_VARIABLE: str(output),
            "PYTHONUNBUFFERED": "1",
        }
        exit_code = _run(folder, command, environment)
        files = {name: Path(output, name) for name in (PREDICTIONS, INSTANCE_PREDICTIONS)}
        outputs = {
            name: _read_output(path, limits)
            for name, path in files.items()
            if path.is_symlink() or path.exists()
        }
    return Trial(exit_code, outputs)


def _run(folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> int:
    # An interrupt is meant for the predictor or its debugger, which share the terminal.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603
    except OSError as error:
        raise UsageError(f"{command[0]}: can't be started ({error.strerror}).") from error
    finally:
        signal.signal(signal.SIGINT, before)


def _read_output(path: Path, limits: Limits) -> bytes:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise refusal(Cause.NO_OUTPUT, f"{OUTPUT_DIR / path.name} is not a regular file")
    if status.st_size > limits.output_bytes:
        limit = f"the limit is {limits.output_bytes}"
        what = f"{OUTPUT_DIR / path.name} has {status.st_size} bytes, {limit}"
        raise refusal(Cause.TOO_LARGE, what)
    return path.read_bytes()

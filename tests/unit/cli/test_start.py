"""The program ``runner``, from its first line on."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

INTERRUPTED = """
import sys
interrupted_at = sys.argv[1]

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == interrupted_at:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from runner.cli.start import start
sys.argv = ["runner", *sys.argv[2:]]
start()
"""


def start(
    interrupted_at: str, arguments: Sequence[str] = ("--version",)
) -> subprocess.CompletedProcess[str]:
    """Start the program, and interrupt it when it imports a module."""
    command = [sys.executable, "-c", INTERRUPTED, interrupted_at, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_ctrl_c_while_the_program_loads_ends_it_without_a_traceback() -> None:
    ended = start("click")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_control_without_ctrl_c_it_runs() -> None:
    ended = start("nothing")
    assert ended.returncode == 0
    assert "version" in ended.stdout


def test_ctrl_c_while_it_loads_is_told_as_json_where_that_is_asked_for() -> None:
    ended = start("click", ["report", "a", "--json"])
    assert json.loads(ended.stdout) == {"error": "Interrupted.", "exit_code": ended.returncode}


def test_ctrl_c_while_the_libraries_are_prepared_is_told_and_without_a_traceback() -> None:
    ended = start("runner.processes", ["suite", "show", "nothing"])
    assert ended.returncode == 130
    assert ended.stderr.startswith("Interrupted.")


INTERRUPTED_AT_THE_END = """
import ctypes, signal, sys
from runner.cli.start import start

assert signal.SIGINT == 2
libc = ctypes.CDLL(None)
libc.on_exit(getattr(libc, "raise"), None)  # when Python is gone: the signal of the exit code
sys.argv = ["runner", "nothing"]
start()
"""


def test_ctrl_c_when_all_is_done_leaves_the_exit_code() -> None:
    command = [sys.executable, "-c", INTERRUPTED_AT_THE_END]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "No such command" in ended.stderr
    assert ended.returncode == 2  # and not -2, of a process that was killed


INTERRUPTED_IN_A_TEXT = """
import sys
import runner.cli.start

def start():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        sys.exit(130)

runner.cli.start.start = start
"""


def test_ctrl_c_in_code_that_is_a_text_ends_it_with_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_IN_A_TEXT)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    command = [sys.executable, "-m", "runner"]
    ended = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path})
    assert ended.returncode == 130  # and not -2, of a process that was killed

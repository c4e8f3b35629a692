"""The command without its start, as other tests use it, does what the command itself does."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.command import RUNNER, runner, warm_programs
from tests.integration.warm_client import receive_status

NOWHERE = "unix:///nowhere/{}.sock"


def run_program(program: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Return exit code and output; files that the command makes are as private as can be."""
    ended = subprocess.run(
        [program, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        umask=0o277,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["evaluate", "--no-such-option"], 2),
        (["suite", "verify", "no_suite"], 3),
        (["doctor"], 5),
        (["ledger", "init", "new.ledger", "--evaluations", "3", "--period-hours", "24"], 0),
    ],
)
def test_a_forked_command_ends_as_one_that_is_started(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, files = [], []
    for number, program in enumerate((RUNNER, warm_programs() / "runner")):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        ends.append(run_program(program, *arguments, DOCKER_HOST=NOWHERE.format(1)))
        files.append([(path.name, path.stat().st_mode) for path in Path().iterdir()])
    assert ends[0] == ends[1]
    assert ends[0][0] == code
    assert files[0] == files[1]
    monkeypatch.chdir(tmp_path)
    called = runner(*arguments, DOCKER_HOST=NOWHERE.format(1))
    assert (called.returncode, called.stdout, called.stderr) == ends[0]


def test_control_in_another_environment_it_ends_otherwise() -> None:
    ends = [
        run_program(program, "doctor", DOCKER_HOST=NOWHERE.format(number))
        for number, program in enumerate((RUNNER, warm_programs() / "runner"))
    ]
    assert ends[0] != ends[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address):
            return True
    except OSError:
        return False


@contextmanager
def viewing(program: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give a process that serves a folder in a process group of its own, and its address."""
    command = [str(program), "view", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as running:
        assert running.stdout is not None
        found = re.search(r"http://\S+", running.stdout.readline())
        assert found is not None
        assert answers(found[0])
        yield running, found[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_its_process_group_ends_it_as_one_that_is_started(
    number: signal.Signals, tmp_path: Path
) -> None:
    ends = []
    for program in (RUNNER, warm_programs() / "runner"):
        with viewing(program, tmp_path) as (running, _):
            os.killpg(running.pid, number)
            _, said = running.communicate(timeout=30)
            ends.append((running.returncode, said))
    assert ends[0] == ends[1]


def test_it_ends_with_who_called_it(tmp_path: Path) -> None:
    with viewing(warm_programs() / "runner", tmp_path) as (running, address):
        running.kill()
        running.wait(timeout=30)
    deadline = time.monotonic() + 30
    while answers(address):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_call_whose_server_is_gone_fails() -> None:
    ours, servers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        servers.close()
        with pytest.raises(ConnectionError, match="is gone"):
            receive_status(ours)

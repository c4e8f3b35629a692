"""``runner view`` as a process: it prints its address, and Ctrl-C ends it."""

import http.client
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from runner.cli.main import cli


def start(folder: Path) -> tuple["subprocess.Popen[str]", str]:
    """Return the process and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "view", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("view: ").strip()


MOST_SECONDS = 10
"""Until it has ended: under a second, but not on a busy machine."""


def test_it_serves_the_address_that_it_prints_and_ctrl_c_ends_it(
    tmp_path: Path,
) -> None:
    process, address = start(tmp_path)
    parts = urlsplit(address)
    assert parts.hostname == "127.0.0.1"
    assert len(parts.path) > 30
    open_one = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    open_one.connect()  # a browser that asks nothing
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    assert (answer.status, b"Nothing is here yet" in answer.read()) == (200, True)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - began < MOST_SECONDS
    assert process.returncode == 0
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    open_one.close()


def test_each_time_the_address_is_another(tmp_path: Path) -> None:
    started = [start(tmp_path) for _ in range(2)]
    for process, _ in started:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    (_, first), (_, second) = started
    assert urlsplit(first).path != urlsplit(second).path


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = CliRunner().invoke(cli, ["view", str(tmp_path / "none")])
    assert "no such folder" in str(ended.exception)


def test_a_current_folder_that_was_removed_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr("runner.cli.view.ViewServer", pytest.fail)
    ended = CliRunner().invoke(cli, ["view", "."])
    assert isinstance(ended.exception, FileNotFoundError)  # main tells it

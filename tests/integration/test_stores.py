"""``runner evaluate --out URL`` on a real service: FTP, whose server the tests start themselves."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from tests.integration.command import runner, warm_programs
from tests.integration.images import OTHER_QUICK, QUICK
from tests.integration.started import started
from tests.integration.test_resume import states

DEADLINE_SECONDS = 60


@dataclass
class FtpServer:
    """A server in a process of its own, which can be killed and started again."""

    root: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ftp://team:secret@127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "pyftpdlib", "--write", "--interface", "127.0.0.1"]
        command += ["--port", str(self.port), "--directory", str(self.root)]
        command += ["--username", "team", "--password", "secret"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        pytest.fail("the server never listened")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FtpServer]:
    (tmp_path / "served" / "tmp").mkdir(
        parents=True
    )  # where FTP's driver writes what is unfinished
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = FtpServer(tmp_path / "served", port)
    running.start()
    yield running
    running.kill()


def test_reports_at_a_url_are_ranked_shown_verified_and_stand(
    server: FtpServer,
    small: Path,
    client: docker.DockerClient,
) -> None:
    url = f"{server.url}/results"
    command = ["evaluate", QUICK, OTHER_QUICK, "--suite", small, "--out", url, "--jobs", "2"]
    ended = runner(*command)
    assert ended.returncode == 0, ended.stderr
    place = server.root / "results"
    assert {path.name for path in place.iterdir()} == {"finished_cases", OTHER_QUICK, QUICK}
    assert list((server.root / "tmp").iterdir()) == []
    for report in (f"{url}/{OTHER_QUICK}", place / OTHER_QUICK):  # the same bytes as on a disk
        verified = runner("verify", report, "--suite", small)
        assert verified.returncode == 0, verified.stdout
    board = json.loads(runner("leaderboard", url, "--json").stdout)
    assert {entry["image"] for entry in board["entries"]} == {QUICK, OTHER_QUICK}
    assert "MAE" in runner("report", f"{url}/{OTHER_QUICK}").stdout
    before = states(place)
    with started(client, [QUICK, OTHER_QUICK]) as ran:
        again = runner(*command)
    assert ran == []
    assert "2 of 2 reports are up to date" in again.stderr
    assert states(place).keys() == before.keys()
    assert [states(place)[name] for name in before if "." in name] == [
        state for name, state in before.items() if "." in name
    ]


def test_two_runners_share_a_place(server: FtpServer, small: Path) -> None:
    options = ["--suite", str(small), "--out", f"{server.url}/results"]
    program = str(warm_programs() / "runner")
    commands = [[program, "evaluate", name, *options] for name in (QUICK, OTHER_QUICK)]
    running = [subprocess.Popen(command, env=os.environ) for command in commands]
    assert [process.wait(timeout=200) for process in running] == [0, 0]
    assert len(list((server.root / "results").glob("*/report.json"))) == 2


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("ftp://team:wrong@127.0.0.1:{port}/results", "Authentication failed"),
        ("ftp://127.0.0.1:1/results", "Connection refused"),
        ("abc://bucket/results", "Unsupported filesystem"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_before_any_container_runs(
    server: FtpServer,
    small: Path,
    client: docker.DockerClient,
    place: str,
    why: str,
) -> None:
    url = place.format(port=server.port)
    with started(client, [QUICK]) as ran:
        ended = runner("evaluate", QUICK, "--suite", small, "--out", url)
    assert ended.returncode == 2
    assert f"{url.replace('wrong', '...')}: this place can't be used" in ended.stderr
    assert why in ended.stderr
    assert ran == []


def test_a_store_that_is_lost_in_mid_run_is_named_and_the_same_command_goes_on(
    server: FtpServer,
    three_cases: Path,
) -> None:
    command = [str(warm_programs() / "runner"), "evaluate", QUICK, "--suite", str(three_cases)]
    command += ["--out", f"{server.url}/results"]
    finished = server.root / "results" / "finished_cases"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        while not list(finished.glob("*.json")):
            assert process.poll() is None
            time.sleep(0.02)
        server.kill()
        _, told = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "results/finished_cases: this place can't be used" in told
    kept = len(list(finished.glob("*.json")))
    assert 1 <= kept <= 2
    server.start()
    again = runner(*command[1:])
    assert again.returncode == 0, again.stderr
    assert f"{kept} of 3 cases have finished before" in again.stderr
    assert (server.root / "results" / QUICK / "SHA256SUMS").is_file()

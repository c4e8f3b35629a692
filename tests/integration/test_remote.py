"""Evaluations from elsewhere: over TCP, and from the runner's own image. No host path is shared
with the predictor either way, so the report is the one that the command gives here."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import docker
import pytest

from tests.helm_builder import write_suite
from tests.integration.command import runner
from tests.integration.printed import printed_by
from tests.integration.same_reports import report
from tests.suite_builder import build

IMAGE = "train_mean:latest"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a built suite, and with the report of an evaluation from here."""
    root = tmp_path_factory.mktemp("shared")
    build(write_suite(root), root / "suite")
    ended = runner("evaluate", IMAGE, "--suite", root / "suite", "--out", root / "here")
    assert ended.returncode == 0, ended.stderr
    return root


@pytest.fixture(scope="module")
def image() -> str:
    """Return the runner's own image, made of this checkout on the base that is there."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--old-file=images", "runner-image"]
    subprocess.run(command, cwd=ROOT, env=outside, check=True, timeout=300)
    return "runner"


def engine_address() -> str:
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


def connect_to_engine() -> socket.socket:
    url = urlsplit(engine_address())
    if url.scheme == "tcp":
        return socket.create_connection((str(url.hostname), url.port or 2375))
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(url.path)
    return engine


def forward(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes until its end, and then that end."""
    with suppress(OSError):
        while said := source.recv(1 << 16):
            sink.sendall(said)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def serve(connection: socket.socket) -> None:
    """Pass on both ways between a client and the engine until both have ended."""
    with connection, connect_to_engine() as engine:
        answers = threading.Thread(target=forward, args=(engine, connection), daemon=True)
        answers.start()
        forward(connection, engine)
        answers.join()


@contextmanager
def engine_over_tcp() -> Iterator[str]:
    """Give the engine's address on loopback, passed on to its socket as long as the block lasts."""
    threads = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threads.append(threading.Thread(target=accept, daemon=True))
        threads[0].start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)  # ends accept
    for thread in threads:
        thread.join(timeout=10)


def test_an_engine_over_tcp_gives_the_same_report(shared: Path, tmp_path: Path) -> None:
    with engine_over_tcp() as address:
        command = ["evaluate", IMAGE, "--suite", shared / "suite", "--out", tmp_path]
        ended = runner(*command, DOCKER_HOST=address)
    assert ended.returncode == 0, ended.stderr
    assert report(tmp_path) == report(shared / "here")


def test_control_the_address_that_no_engine_stands_behind_any_more_is_exit_5(
    shared: Path, tmp_path: Path
) -> None:
    with engine_over_tcp() as address:
        pass
    command = ["evaluate", IMAGE, "--suite", shared / "suite", "--out", tmp_path]
    assert runner(*command, DOCKER_HOST=address).returncode == 5


def run_in_image(
    client: docker.DockerClient, image: str, shared: Path, out: Path, *arguments: str
) -> str:
    """Run the runner's image with the engine's socket, the suite and the results, no more."""
    mounts = {
        urlsplit(engine_address()).path: {"bind": "/var/run/docker.sock"},
        str(shared / "suite"): {"bind": "/work/suite", "mode": "ro"},
        str(out): {"bind": "/work/results"},
    }
    said = printed_by(client, image, list(arguments), volumes=mounts, network_mode="none")
    return bytes(said).decode()


def test_the_runners_image_gives_the_same_report_with_suite_and_results_shared_alone(
    client: docker.DockerClient, image: str, shared: Path, tmp_path: Path
) -> None:
    options = ["--suite", "/work/suite", "--out", "/work/results"]
    said = run_in_image(client, image, shared, tmp_path, "evaluate", IMAGE, *options)
    assert "MAE" in said
    found, wanted = report(tmp_path), report(shared / "here")
    for one in (found, wanted):
        del one["evaluation_key"]  # the versions of code, too: the image may have another Python
    assert found == wanted


def test_control_the_runners_image_without_the_suite_finds_none(
    client: docker.DockerClient, image: str, shared: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(shared / "here", elsewhere / "suite")
    options = ["--suite", "/work/suite", "--out", "/work/results"]
    with pytest.raises(docker.errors.ContainerError) as error:
        run_in_image(client, image, elsewhere, tmp_path / "out", "evaluate", IMAGE, *options)
    assert error.value.exit_status == 3


def test_the_runners_image_is_this_version_and_brings_the_hostile_predictors(
    client: docker.DockerClient, image: str, shared: Path, tmp_path: Path
) -> None:
    assert "version 0.1.0" in run_in_image(client, image, shared, tmp_path, "--version")
    listed = printed_by(
        client,
        image,
        ["-c", "from runner.attack.pack import *; print(len(read_pack(pack_directory())))"],
        entrypoint=["python3"],
        network_mode="none",
    )
    assert int(listed) >= 30

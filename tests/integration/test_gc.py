"""What a killed runner leaves is removed, and nothing else, on the real engine."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import pytest
from docker.errors import APIError

from runner.sandbox.engine.engine import IN_PROGRESS, Engine
from runner.sandbox.policy import LABEL
from tests.integration.command import RUNNER, runner
from tests.integration.conftest import leftovers, wait_for_container

Build = Callable[..., str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def gc(*arguments: str) -> subprocess.CompletedProcess[str]:
    ended = runner("gc", *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended


def told(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what is told of the engine's; scratch of runners that other tests killed is not."""
    others = ("removed the directory ", "nothing to remove")
    return [line for line in ended.stdout.splitlines() if not line.startswith(others)]


@contextmanager
def evaluating(image: str, out: Path) -> Iterator[subprocess.Popen[str]]:
    command = [str(RUNNER), "evaluate", image, "--suite", "demo", "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            yield process
        except BaseException as error:
            process.kill()
            error.add_note(process.communicate()[1])
            raise


def kill_midway(client: docker.DockerClient, image: str, out: Path) -> set[str]:
    """Kill an evaluation while its predictor runs; return the names of what it left."""
    with evaluating(image, out) as process:
        wait_for_container(client, "predictor")
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    return set(leftovers(client))


def test_what_a_killed_runner_left_is_removed(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    left = kill_midway(client, misbehaving("sleep"), tmp_path / "out")
    assert len(left) == 4  # predictor, keeper, /input, /output
    said = gc("--json").stdout
    names = {one["name"] for one in json.loads(said)["removed"]}
    assert {name for name in names if not name.startswith("/")} == left
    assert leftovers(client) == []
    assert told(gc()) == []


@contextmanager
def running(client: docker.DockerClient) -> Iterator[str]:
    """Yield the name of a container that takes a moment to remove."""
    container = client.containers.run("runner-base", entrypoint=["sleep", "60"], detach=True)
    try:
        yield str(container.name)
    finally:
        with suppress(APIError):
            container.remove(force=True)


def test_a_container_that_several_threads_remove_is_removed_for_each(
    client: docker.DockerClient,
) -> None:
    engine = Engine.connect()
    with running(client) as name, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: engine.remove("container", name), range(4)))
        assert client.containers.list(all=True, filters={"name": name}) == []


def test_control_the_engine_refuses_what_is_being_removed(client: docker.DockerClient) -> None:
    refused = []

    def remove(name: str) -> None:
        try:
            client.api.remove_container(name, force=True)
        except APIError as error:
            refused.append(str(error))

    with running(client) as name, ThreadPoolExecutor(4) as threads:
        list(threads.map(remove, [name] * 4))
    assert any(IN_PROGRESS in error for error in refused)


@pytest.mark.long
def test_what_killed_attacks_left_is_removed_their_listener_too(
    client: docker.DockerClient,
) -> None:
    command = [str(RUNNER), "doctor", "--attack"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ) as process:
        wait_for_container(client, "predictor")
        process.kill()
        process.communicate(timeout=30)
    left = set(leftovers(client))
    assert {name.rpartition("-")[2] for name in left} >= {"listener", "keeper"}
    removed = json.loads(gc("--json").stdout)["removed"]
    assert {(one["kind"], one["name"]) for one in removed} >= {
        (kind, name)
        for kind in ("container", "network")
        for name in left
        if name.endswith("listener")
    }
    assert leftovers(client) == []
    for image in client.images.list("runner-attack"):  # the next `doctor --attack` would do it
        for tag in image.tags:
            client.images.remove(tag, force=True)


def test_the_next_evaluation_removes_it_too(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    kill_midway(client, misbehaving("sleep"), tmp_path / "out")
    with evaluating("random", tmp_path / "out") as process:
        _, said = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "left by a runner that was killed" in said
    assert leftovers(client) == []


def test_what_a_live_runner_uses_is_not_touched(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    with evaluating(misbehaving("sleep"), tmp_path / "out") as process:
        predictor = wait_for_container(client, "predictor")
        ended = gc()
        assert (told(ended), ended.stderr) == ([], "")
        predictor.reload()
        assert predictor.status == "running"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_a_strangers_container_with_our_label_and_name_is_left_alone_and_told(
    client: docker.DockerClient,
) -> None:
    stranger = client.containers.create(
        "runner-base", name="runner-0123456789ab-predictor", labels={LABEL: "e" * 32}
    )
    try:
        ended = gc()
        assert told(ended) == []
        assert "docker rm -fv runner-0123456789ab-predictor" in ended.stderr
        assert leftovers(client) == [stranger.name]
    finally:
        stranger.remove()


def test_a_container_with_a_dead_evaluations_label_but_another_name_is_left_alone(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    left = kill_midway(client, misbehaving("sleep"), tmp_path / "out")
    token = client.containers.list(filters={"label": LABEL})[0].labels[LABEL]
    named = client.containers.create("runner-base", name="database", labels={LABEL: token})
    try:
        gc()
        assert leftovers(client) == ["database"]
        assert len(left) == 4
    finally:
        named.remove()

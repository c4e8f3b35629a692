"""Docker's settings as the Docker CLI reads them: what `docker` takes, the runner takes."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest
import requests

from runner.errors import EngineLostError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.local_images import local_references
from runner.sandbox.engine.pull import Pull
from runner.sandbox.outcome import predictor_fault
from tests.integration.command import runner
from tests.integration.forwarder import Forwarder, forwarder
from tests.integration.images import OWN, with_architecture
from tests.integration.programs import python, run
from tests.integration.registry import Registry, build_image
from tests.integration.ssh_server import ssh_server


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the Docker CLI's directory, which is empty."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    (tmp_path / "docker").mkdir()
    return tmp_path / "docker"


@pytest.fixture
def way() -> Iterator[Forwarder]:
    with forwarder() as way:
        yield way


def docker_cli(*arguments: str) -> str:
    """Return what the Docker CLI prints."""
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def connect() -> None:
    """Connect with the engine as the runner does, and ask it something."""
    with closing(Engine.connect()) as engine:
        engine.fetch_info()


@pytest.mark.parametrize(
    "content",
    [
        '{"auths": {"registry.example": {"auth": ""}}}',
        '{"auths": null, "credsStore": null, "credHelpers": null, "proxies": null}',
        '{"auths": {"registry.example": null}}',
        '{"auths": {"registry.example": {"auth": "!!"}}}',
        '{"credsStore": "gone"}',
        "null",
        "no json",
    ],
)
def test_settings_that_the_docker_cli_takes_are_no_lost_engine(
    directory: Path, tmp_path: Path, content: str
) -> None:
    (directory / "config.json").write_text(content)
    docker_cli("version")
    connect()
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    built = runner("build", tmp_path, "-t", OWN.name("settings"))
    assert built.returncode == 0, built.stderr


def test_control_the_sdk_alone_fails_on_such_settings(directory: Path) -> None:
    (directory / "config.json").write_text('{"auths": {"registry.example": {"auth": ""}}}')
    with pytest.raises(ValueError, match="unpack"):
        docker.from_env()


def test_a_helper_that_is_missing_prevents_no_pull_of_a_public_image(
    registry: Registry, directory: Path
) -> None:
    reference = registry.push("team/public", "exit 0", {})
    (directory / "config.json").write_text('{"credsStore": "gone"}')
    lines: list[str] = []
    with closing(Engine.connect()) as engine:
        image = engine.images.obtain(reference, Pull.MISSING, lines.append)
    registry.remove(image.id)
    assert any("docker-credential-gone" in line for line in lines)


def test_images_that_are_here_are_evaluated_though_another_can_not_be_pulled(
    directory: Path, tmp_path: Path
) -> None:
    (directory / "config.json").write_text('{"credsStore": "gone"}')
    nobody = "127.0.0.1:9/nobody/listens:1"
    command = ("evaluate", nobody, "random", "--suite", "demo", "--pull", "missing")
    ended = runner(*command, "--out", tmp_path / "out")
    assert ended.returncode == 5, ended.stderr
    assert f"left out: The engine could not pull {nobody}" in ended.stderr
    assert "docker-credential-gone" in ended.stderr
    assert (tmp_path / "out" / "random" / "report.json").exists()


def test_the_engine_of_the_current_context_is_used(
    directory: Path, way: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the context default, with which the other way is not used."""
    docker_cli("context", "create", "mine", "--docker", f"host={way.url}")
    docker_cli("context", "use", "mine")
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    connect()
    assert way.connections == 0
    monkeypatch.delenv("DOCKER_CONTEXT")
    connect()
    assert way.connections > 0
    before = way.connections
    assert local_references()
    assert way.connections > before


def test_a_context_that_does_not_exist_is_named(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    with pytest.raises(EngineLostError, match="context 'gone', named by DOCKER_CONTEXT"):
        connect()


def test_a_proxy_is_not_asked_for_an_engine_on_this_machine(
    way: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the same request by a client that asks the proxy, where nobody listens."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_HOST", way.url)
    connect()
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get(f"{way.url.replace('tcp', 'http')}/_ping", timeout=10)


def test_an_engine_behind_ssh_runs_a_predictor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is a server whose key is not known: it is refused."""
    with ssh_server(tmp_path) as address:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("DOCKER_HOST", address)
        with closing(Engine.connect()) as engine:
            ended = run(engine, python(engine, "print('hello')"))
        assert predictor_fault(ended.end) is None
        assert ended.log == b"hello\n"
        (tmp_path / ".ssh" / "known_hosts").write_text("")
        with pytest.raises(EngineLostError, match="not found in known_hosts"):
            connect()


def test_an_image_that_names_no_architecture_is_run(
    client: docker.DockerClient, engine: Engine, registry: Registry
) -> None:
    """An image of one program: it is saved and loaded."""
    made, name = OWN.name("busybox"), OWN.name("no-architecture")
    files = {"busybox": registry.busybox, "Dockerfile": b"FROM scratch\nCOPY busybox /\n"}
    build_image(client, made, files)
    client.images.load(with_architecture(client, made, name, None))
    image = engine.images.resolve(name)
    assert image.platform == "linux"
    ended = run(engine, replace(image, entrypoint=("/busybox", "echo"), command=("hello",)))
    assert predictor_fault(ended.end) is None
    assert ended.log == b"hello\n"

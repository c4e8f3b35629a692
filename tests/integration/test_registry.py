"""Images from a registry: fetched when asked for, and by their digest, then never asked for again.

The registry and the predictor are made of two of Debian's packages: ``docker-registry``, on the
base image for its C library, and ``busybox-static``, which is all that the predictor consists of.
"""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.helm_builder import write_run
from tests.integration.command import runner
from tests.integration.conftest import logged

REGISTRY_DOCKERFILE = """
FROM runner-base
COPY docker-registry config.yml /
ENTRYPOINT ["/docker-registry", "serve", "/config.yml"]
CMD []
"""

REGISTRY_SETTINGS = """
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/registry}}
http: {addr: ":5000"}
"""

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {"one": [STAT], "two": [STAT]}}
PREDICTOR_DOCKERFILE = """
FROM scratch
COPY busybox predictions.json /
ENTRYPOINT ["/busybox", "cp", "/predictions.json", "/output/predictions.json"]
"""
"""Whichever run is drawn, it is predicted; the other is ignored."""


def packaged(package: str, path: str, directory: Path) -> bytes:
    """Return a file of a package of this host's Debian or Ubuntu."""
    command = ["apt-get", "download", package]
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=100)
    (deb,) = directory.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", deb, "x"], cwd=directory, check=True, timeout=100)
    return (directory / "x" / path).read_bytes()


def build_image(client: docker.DockerClient, tag: str, files: dict[str, bytes]) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=tag, rm=True)


@pytest.fixture(scope="module")
def registry(
    client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DockerContainer]:
    """Start a registry that the engine reaches on loopback, where it needs no certificate."""
    program = packaged(
        "docker-registry", "usr/bin/docker-registry", tmp_path_factory.mktemp("registry")
    )
    files = {
        "Dockerfile": REGISTRY_DOCKERFILE.encode(),
        "config.yml": REGISTRY_SETTINGS.encode(),
        "docker-registry": program,
    }
    build_image(client, "misbehaving-not:registry", files)
    testcontainers_config.ryuk_disabled = True  # its image would have to be pulled
    container = DockerContainer("misbehaving-not:registry").with_exposed_ports(5000)
    with container.waiting_for(logged("listening on")):
        yield container


@pytest.fixture(scope="module")
def pushed(
    client: docker.DockerClient,
    registry: DockerContainer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Push a predictor and give its reference by digest; the engine has it no more."""
    busybox = packaged("busybox-static", "bin/busybox", tmp_path_factory.mktemp("busybox"))
    repository = f"127.0.0.1:{registry.get_exposed_port(5000)}/team/predictor"
    files = {
        "Dockerfile": PREDICTOR_DOCKERFILE.encode(),
        "busybox": busybox,
        "predictions.json": json.dumps(PREDICTIONS).encode(),
    }
    build_image(client, f"{repository}:1", files)
    events = client.api.push(repository, tag="1", stream=True, decode=True)
    (digest,) = [event["aux"]["Digest"] for event in events if "aux" in event]
    remove(client, f"{repository}:1")
    yield f"{repository}@{digest}"
    remove(client, f"{repository}@{digest}")


def remove(client: docker.DockerClient, reference: str) -> None:
    client.images.remove(str(client.images.get(reference).id), force=True)


@pytest.fixture
def helm_runs(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_run(tmp_path / "runs", name)
    return tmp_path / "runs"


def evaluate(reference: str, helm_runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out = helm_runs.parent / "results"
    command = ["evaluate", reference, "--suite", helm_runs, "--train-runs", "1", "--out", out]
    return runner(*command, "--rerun", *arguments)


def test_an_image_is_never_pulled_unasked_and_the_message_holds_the_command(
    pushed: str, helm_runs: Path
) -> None:
    ended = evaluate(pushed, helm_runs)
    assert ended.returncode == 2
    assert f"`docker pull {pushed}`" in ended.stderr
    assert "--pull missing" in ended.stderr


def test_a_missing_image_is_pulled_by_digest_and_outlives_its_registry(
    client: docker.DockerClient, registry: DockerContainer, pushed: str, helm_runs: Path
) -> None:
    pulled = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    assert pulled.returncode == 0, pulled.stderr
    assert "pulling" in pulled.stderr
    (report,) = json.loads(pulled.stdout)
    assert report["image"]["reference"] == pushed
    assert report["image"]["digests"] == [pushed]
    assert report["image"]["id"] == client.images.get(pushed).id

    registry.get_wrapped_container().pause()  # answers nobody any more
    try:
        without = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    finally:
        registry.get_wrapped_container().unpause()
    assert without.returncode == 0, without.stderr
    (again,) = json.loads(without.stdout)
    assert again["image"] == report["image"]
    assert again["scores"] == report["scores"]


def test_what_the_registry_does_not_have_is_a_usage_error(
    registry: DockerContainer, helm_runs: Path
) -> None:
    reference = f"127.0.0.1:{registry.get_exposed_port(5000)}/team/unheard-of:1"
    ended = evaluate(reference, helm_runs, "--pull", "always")
    assert ended.returncode == 2, ended.stderr
    assert "Check the name" in ended.stderr


def test_a_registry_that_can_not_be_reached_is_no_fault_of_the_predictor(
    helm_runs: Path,
) -> None:
    ended = evaluate("127.0.0.1:9/team/predictor:1", helm_runs, "--pull", "always")
    assert ended.returncode == 5, ended.stderr
    assert "could not pull" in ended.stderr

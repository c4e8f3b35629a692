"""The engine, the images and the HELM runs that the integration tests use. All are real."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from click.testing import CliRunner
from docker.errors import NotFound
from docker.models.containers import Container

from runner.building.demo_suite import unpack_demo_suite
from runner.cli.main import cli
from runner.sandbox.engine.engine import Engine
from runner.sandbox.policy import LABEL
from tests.helm_builder import write_suite
from tests.integration.command import runner
from tests.integration.images import OTHER_QUICK, OWN, QUICK
from tests.integration.registry import Registry, build_image, running_registry
from tests.suite_builder import build

IMAGES = Path(__file__).parents[2] / "images"

QUICK_DOCKERFILE = b"""
FROM scratch
COPY . /
ENTRYPOINT ["/cp", "/predictions.json", "/output/"]
"""


@pytest.fixture(scope="session")
def client() -> Iterator[docker.DockerClient]:
    """Return a client that looks at the engine from outside the runner, and prepares it for tests.

    The images that tests build are removed at the end.
    """
    client = docker.from_env()
    yield client
    OWN.remove(client)
    client.close()


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Return the engine as the runner has it. Without one these tests fail, they never skip."""
    engine = Engine.connect()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def misbehaving(client: docker.DockerClient) -> Callable[[str], str]:
    """Return a function that builds the image of one hostile predictor."""

    def build(script: str) -> str:
        tag = OWN.name(f"misbehaving-{script.replace('_', '-')}")
        command = ["build", str(IMAGES / "misbehaving"), "-t", tag]
        command += ["--build-arg", f"SCRIPT={script}"]
        CliRunner().invoke(cli, command, catch_exceptions=False, standalone_mode=False)
        return tag

    return build


@pytest.fixture(scope="session")
def quick(client: docker.DockerClient) -> None:
    """Build two predictors for tests that ask no more of one than that it is scored.

    They copy their predictions. In a container that imports pandas, the import is half of the work
    of a whole evaluation; and to read the base image before the first case of a suite whose cases
    share runs is more than that.
    """
    program = program_with_libraries("cp")
    for image, mean in ((QUICK, 0.47), (OTHER_QUICK, 0.83)):
        predictions = {
            f"demo:subject={number},model=demo/model": [
                {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": mean}
            ]
            for number in range(6)
        }
        content = json.dumps({"contract_version": 1, "predictions": predictions}).encode()
        files = {"predictions.json": content, "Dockerfile": QUICK_DOCKERFILE, **program}
        build_image(client, image, files)


def program_with_libraries(name: str) -> dict[str, bytes]:
    """Return a program of this host and the libraries that it needs, by their paths in an image."""
    program = shutil.which(name)
    assert program is not None
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"(/\S+) \(0x", linked)
    return {
        name: Path(program).read_bytes(),
        **{path.lstrip("/"): Path(path).read_bytes() for path in libraries},
    }


@pytest.fixture(scope="session")
def registry(
    client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    with running_registry(client, tmp_path_factory.mktemp("registry")) as running:
        yield running


def wait_for_container(client: docker.DockerClient, part: str) -> Container:
    """Return the runner's container with this part, once it runs: "predictor" or "keeper"."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in client.api.containers(filters={"label": LABEL, "status": "running"}):
            if found["Names"][0].endswith(part):
                with suppress(NotFound):  # it has ended meanwhile
                    return client.containers.get(found["Id"])
        time.sleep(0.05)
    pytest.fail(f"the {part} never started")


def leftovers(client: docker.DockerClient) -> list[str]:
    """Return the names of what the runner made on the engine and did not remove."""
    filters: dict[str, str | list[str] | bool] = {"label": LABEL}
    containers = client.containers.list(all=True, filters=filters, ignore_removed=True)
    volumes = client.volumes.list(filters={"label": LABEL})
    networks = client.networks.list(filters={"label": LABEL})
    names = [one.name for one in containers] + [one.name for one in volumes]
    return [str(name) for name in (*names, *(one.name for one in networks))]


@pytest.fixture(autouse=True)
def nothing_is_left(client: docker.DockerClient) -> Iterator[None]:
    """Check after every test that no container and no volume is left, not even an unnamed one."""
    volumes_before = {volume.name for volume in client.volumes.list()}
    yield
    assert leftovers(client) == []
    assert {volume.name for volume in client.volumes.list()} <= volumes_before


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the runner knows of its own runs apart from other tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def built_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the demo's reading runs into a suite of three cases, two models each."""
    folder = tmp_path_factory.mktemp("built_suite")
    source = unpack_demo_suite(folder)
    spec = {
        "name": "reading",
        "version": "1",
        "helm_runs": [str(source / "demo_reading*")],
        "division": {"method": "k_fold", "folds": 3},
        "keep_together": [],
        "accept": ["twins"],
        "limits": {"wall_seconds": 120},
    }
    (folder / "reading.yaml").write_text(json.dumps(spec))
    built = runner("suite", "build", folder / "reading.yaml", "-o", folder / "reading")
    assert built.returncode == 0, built.stderr
    return folder / "reading"


@pytest.fixture
def suite(built_suite: Path, tmp_path: Path) -> Path:
    """Return a test's own copy of the suite, which it may change."""
    return shutil.copytree(built_suite, tmp_path / "reading")


@pytest.fixture
def small(tmp_path: Path, quick: None) -> Path:
    """Return a suite of one case, for tests that need no more, and for the quick predictors."""
    return build(write_suite(tmp_path), tmp_path / "small").root


@pytest.fixture
def three_cases(tmp_path: Path, quick: None) -> Path:
    """Return a suite of three cases for the quick predictors."""
    fields = {"division": {"method": "k_fold", "folds": 3}, "limits": {"wall_seconds": 120}}
    return build(write_suite(tmp_path, runs=6), tmp_path / "three", **fields).root

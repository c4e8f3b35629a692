"""A registry in a container, and images small enough to be pushed and pulled in no time.

The registry and the predictors are made of two of Debian's packages: ``docker-registry``, on the
base image for its C library, and ``busybox-static``, which is all that a predictor consists of.
"""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.integration.images import OWN

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

LOOPBACK = "127.0.0.1"

PREDICTOR_DOCKERFILE = """
FROM scratch
COPY . /
ENTRYPOINT ["/busybox", "sh", "/predict.sh"]
"""


@dataclass(frozen=True)
class Registry:
    """A registry that the engine reaches on loopback, where it needs no certificate."""

    client: docker.DockerClient
    container: DockerContainer
    busybox: bytes

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.container.get_exposed_port(5000)}"

    def push(self, name: str, script: str, files: dict[str, bytes], host: str = LOOPBACK) -> str:
        """Push a predictor that is a shell script; return its reference by digest.

        The engine has it no more.

        Args:
            host: another name of this registry's, under which the engine has no image.
        """
        repository = f"{self.address.replace(LOOPBACK, host)}/{name}"
        context = {
            "Dockerfile": PREDICTOR_DOCKERFILE.encode(),
            "busybox": self.busybox,
            "predict.sh": script.encode(),
            **files,
        }
        build_image(self.client, f"{repository}:1", context)
        events = self.client.api.push(repository, tag="1", stream=True, decode=True)
        (digest,) = [event["aux"]["Digest"] for event in events if "aux" in event]
        self.remove(f"{repository}:1")
        return f"{repository}@{digest}"

    def remove(self, reference: str) -> None:
        """Remove an image from the engine."""
        self.client.images.remove(str(self.client.images.get(reference).id), force=True)


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


@contextmanager
def running_registry(client: docker.DockerClient, directory: Path) -> Iterator[Registry]:
    """Start a registry; the packages are downloaded into the directory."""
    files = {
        "Dockerfile": REGISTRY_DOCKERFILE.encode(),
        "config.yml": REGISTRY_SETTINGS.encode(),
        "docker-registry": packaged("docker-registry", "usr/bin/docker-registry", directory),
    }
    image = OWN.name("registry")
    build_image(client, image, files)
    testcontainers_config.ryuk_disabled = True  # its image would have to be pulled
    container = DockerContainer(image).with_exposed_ports(5000)
    listening = LogMessageWaitStrategy("listening on").with_startup_timeout(30)
    with container.waiting_for(listening):
        yield Registry(client, container, packaged("busybox-static", "bin/busybox", directory))

"""What a program in a container prints."""

from typing import Any

import docker
from docker.errors import ContainerError


def printed_by(
    client: docker.DockerClient, image: str, command: list[str], **settings: Any
) -> bytes:
    """Run a container to its end and return what it printed to stdout.

    docker-py's ``containers.run`` follows the log from the start on, and at times loses what a
    program prints that is over at once (docker-py #2117).

    Args:
        settings: as of docker-py's ``containers.create``.

    Raises:
        ContainerError: the exit code was not 0.
    """
    container = client.containers.create(image, command, **settings)
    try:
        container.start()
        code = container.wait(timeout=120)["StatusCode"]
        if code != 0:
            raise ContainerError(container, code, command, image, container.logs().decode())
        return bytes(container.logs(stderr=False))
    finally:
        container.remove(force=True)

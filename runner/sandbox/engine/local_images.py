"""The names of the images on an engine, for shell completion, which must be quick."""

import os

import docker
import requests
from docker.errors import DockerException

ANSWER_SECONDS = 1
"""How long each of the two requests may take: the user has pressed Tab and waits."""


def local_references() -> list[str]:
    """Return the engine's images by reference, without ``:latest``; none if no engine answers."""
    if os.environ.get("DOCKER_HOST", "").startswith("ssh://"):
        return []  # ssh could ask for a password
    try:
        client = docker.from_env(timeout=ANSWER_SECONDS)
        try:
            images = client.api.images()
        finally:
            client.close()
    except (DockerException, requests.RequestException):
        return []
    tags = {tag for image in images for tag in image.get("RepoTags") or ()}
    return sorted(tag.removesuffix(":latest") for tag in tags - {"<none>:<none>"})

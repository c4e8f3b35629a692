"""The names of the images on an engine, for shell completion, which must be quick."""

from runner.errors import EngineError
from runner.sandbox.engine.client import open_client
from runner.sandbox.engine.docker_settings import find_endpoint
from runner.sandbox.engine.sdk_errors import NO_CONNECTION

ANSWER_SECONDS = 1
"""How long each of the two requests may take: the user has pressed Tab and waits."""


def local_references() -> list[str]:
    """Return the engine's images by reference, without ``:latest``; none if no engine answers."""
    try:
        endpoint = find_endpoint()
        if (endpoint.host or "").startswith("ssh://"):
            return []  # ssh could ask for a password
        with open_client(endpoint, ANSWER_SECONDS, 1) as client:
            images = client.images()
    except EngineError:
        return []
    except NO_CONNECTION:
        return []
    tags = {tag for image in images for tag in image.get("RepoTags") or ()}
    return sorted(tag.removesuffix(":latest") for tag in tags - {"<none>:<none>"})

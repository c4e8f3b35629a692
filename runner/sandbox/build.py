"""Images built on the engine, without a network, and only when something has changed."""

from collections.abc import Mapping
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound
from docker.errors import BuildError as DockerBuildError

from runner.errors import BuildError
from runner.sandbox.engine import engine_errors

CONTEXT_LABEL = "runner.context"
"""On every image built here: the digest of what it was built from."""

BUILD_LOG_LINES = 15


def is_built(client: docker.DockerClient, tag: str, digest: str) -> bool:
    """Return whether the tag already names an image built from this very context."""
    with engine_errors(f"look up the image {tag}"):
        try:
            labels = client.images.get(tag).labels
        except ImageNotFound:
            return False
    return bool(labels.get(CONTEXT_LABEL) == digest)


def engine_machine(client: docker.DockerClient) -> str:
    """Return the engine's architecture, e.g. ``x86_64``."""
    with engine_errors("tell its architecture"):
        return str(client.info()["Architecture"])


def build_image(
    client: docker.DockerClient,
    context: Path,
    tag: str,
    digest: str,
    build_args: Mapping[str, str],
) -> None:
    """Build an image from a context and tag it. RUN steps have no network.

    Raises:
        BuildError: a step of the Dockerfile failed; holds the end of the engine's output.
    """
    with engine_errors(f"build {tag}"):
        try:
            client.images.build(
                path=str(context),
                tag=tag,
                buildargs=dict(build_args),
                labels={CONTEXT_LABEL: digest},
                network_mode="none",
                rm=True,
                forcerm=True,
                use_config_proxy=False,
            )
        except DockerBuildError as error:
            lines = [str(entry.get("stream", "")).rstrip() for entry in error.build_log]
            shown = "\n".join([line for line in lines if line][-BUILD_LOG_LINES:])
            raise BuildError(f"{tag} can't be built: {error.msg}\n{shown}") from error
        except APIError as error:
            if error.is_client_error():
                raise BuildError(f"{tag} can't be built: {error.explanation}") from error
            raise

"""Images built on the engine, without a network, and only when something has changed."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound

from runner.errors import BuildError, UsageError
from runner.sandbox.engine.client import engine_errors
from runner.untrusted import printable

CONTEXT_LABEL = "runner.context"
"""On every image built here: the digest of what it was built from."""

CONTRACT_LABEL = "runner.contract_version"
"""The version of the file contract that the image was built for."""

EXPECTED_LABEL = "runner.expected_predictions"
"""What the author's own check of the image predicted, as JSON; for ``runner check``."""

BUILD_LOG_LINES = 15

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""The engine's own, around what a step wrote to its standard error."""


def is_built(client: docker.DockerClient, tag: str, digest: str) -> bool:
    """Return whether the tag already names an image built from this very context."""
    with engine_errors(f"look up the image {tag}"):
        try:
            labels = client.images.get(tag).labels
        except ImageNotFound:
            return False
        except APIError as error:
            if error.is_client_error():
                raise UsageError(
                    f"{tag}: not a name for an image ({error.explanation}). Names are lower case, "
                    f"e.g. -t {tag.lower()}"
                ) from error
            raise
    return bool(labels.get(CONTEXT_LABEL) == digest)


def image_labels(client: docker.DockerClient, image_id: str) -> Mapping[str, str]:
    """Return an image's labels, which its author wrote."""
    with engine_errors("tell an image's labels"):
        labels: Mapping[str, str] = client.images.get(image_id).labels
        return labels


def engine_machine(client: docker.DockerClient) -> str:
    """Return the engine's architecture, e.g. ``x86_64``."""
    with engine_errors("tell its architecture"):
        return str(client.info()["Architecture"])


def build_image(
    client: docker.DockerClient,
    context: Path,
    tag: str,
    labels: Mapping[str, str],
    build_args: Mapping[str, str],
    announce: Callable[[str], None],
) -> int:
    """Build an image from a context and tag it; return its size in bytes. No step has a network.

    Args:
        announce: called with each step of the Dockerfile as it begins.

    Raises:
        BuildError: a step of the Dockerfile failed; holds the end of the engine's output.
    """
    with engine_errors(f"build {tag}"):
        try:
            said = client.api.build(
                path=str(context),
                tag=tag,
                buildargs=dict(build_args),
                labels=dict(labels),
                network_mode="none",
                rm=True,
                forcerm=True,
                use_config_proxy=False,
                decode=True,
            )
            _follow(said, tag, announce)
        except APIError as error:
            if error.is_client_error():
                raise BuildError(f"{tag} can't be built: {error.explanation}") from error
            raise
        return int(client.images.get(tag).attrs["Size"])


def _follow(said: Iterable[Mapping[str, Any]], tag: str, announce: Callable[[str], None]) -> None:
    """Announce the steps as the engine tells of them, until the build is over."""
    lines: deque[str] = deque(maxlen=BUILD_LOG_LINES)
    for entry in said:
        for line in _COLOUR.sub("", str(entry.get("stream", ""))).splitlines():
            if f" : LABEL {CONTEXT_LABEL}=" in line:  # ours, and nothing to its author
                continue
            if line.strip():
                lines.append(line.rstrip())
            if line.startswith("Step "):
                announce(printable(line))
        if "error" in entry:
            shown = "\n".join(map(printable, lines))
            what = printable(_COLOUR.sub("", str(entry["error"])))
            raise BuildError(f"{tag} can't be built: {what}\n{shown}")


def remove_image(client: docker.DockerClient, tag: str) -> None:
    """Remove an image's name, and the image if that was its last; it may be gone already."""
    with engine_errors(f"remove the image {tag}"), suppress(ImageNotFound):
        client.images.remove(tag, force=True)

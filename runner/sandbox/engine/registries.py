"""The registry that an image's reference names, and whether the engine may ask it. Pure.

The engine asks from inside the organizer's network: whoever may name any registry can make it reach
this machine's own services, a cloud's metadata, or private addresses.
"""

import re
from collections.abc import Sequence

from runner.errors import UsageError

DEFAULT_REGISTRY = "docker.io"

PUBLIC_REGISTRIES = (DEFAULT_REGISTRY, "ghcr.io", "quay.io")
"""What strangers' images may come from if the organizer names nothing else."""

_REGISTRY = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?", re.ASCII)


def registry_of(reference: str) -> str:
    """Return the host, with its port if it is named, that a reference leads the engine to.

    Source: github.com/distribution/reference, splitDockerDomain.
    """
    first, slash, _ = reference.partition("/")
    is_host = slash and (set(".:") & set(first) or first == "localhost" or first.lower() != first)
    host = first.lower() if is_host else DEFAULT_REGISTRY
    return DEFAULT_REGISTRY if host == f"index.{DEFAULT_REGISTRY}" else host


def read_registries(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the registries that an organizer named, in small letters.

    Raises:
        UsageError: one is no host with or without a port.
    """
    for text in texts:
        if not _REGISTRY.fullmatch(text.lower()):
            raise UsageError(f"--registry {text}: its form is HOST or HOST:PORT, e.g. ghcr.io")
    return tuple(text.lower() for text in texts)


def registry_fault(reference: str, allowed: Sequence[str]) -> str | None:
    """Return why an image may not be fetched, or None if its registry is allowed."""
    host = registry_of(reference)
    if host in allowed:
        return None
    return f"images come from {', '.join(allowed)}, not from {host}"

"""The engine's client, its errors, and images resolved to their IDs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound

from runner.errors import EngineError, UsageError
from runner.sandbox.host import Finding, examine_host
from runner.sandbox.limits import MIB, Limits
from runner.untrusted import printable

REQUEST_SECONDS = 120
"""How long one request to the engine may take before the engine counts as lost."""


@dataclass(frozen=True)
class Image:
    """An image as the engine knows it.

    Attributes:
        reference: what the user called it; may move to another image later.
        id: the engine's content address; used from here on.
        digests: ``repository@sha256:...`` where a registry has given it one.
        declared_volumes: the VOLUME paths of the image.
    """

    reference: str
    id: str
    digests: tuple[str, ...]
    declared_volumes: tuple[str, ...]


@contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Turn every failure of the engine or of the way to it into an EngineError.

    Args:
        action: what was tried, in the words that complete "could not ...".
    """
    try:
        yield
    except APIError as error:
        reason = printable(str(error.explanation or error))
        raise EngineError(f"The engine could not {action}: {reason}") from error
    except (DockerException, requests.RequestException) as error:
        raise EngineError(
            f"The engine was lost while trying to {action} ({error}). Look whether `docker info` "
            "answers, then run the same command again."
        ) from error


def connect() -> docker.DockerClient:
    """Return a client of the engine that DOCKER_HOST or the default socket names.

    Raises:
        EngineError: no engine answers.
    """
    try:
        client = docker.from_env(timeout=REQUEST_SECONDS)
        client.ping()
    except (DockerException, requests.RequestException) as error:
        raise EngineError(
            f"No container engine answers ({error}). Start Docker, or point DOCKER_HOST to an "
            "engine; `docker info` shows whether it can be reached."
        ) from error
    return client


def resolve_image(client: docker.DockerClient, reference: str) -> Image:
    """Return the image that a reference names now. Never pulls.

    Raises:
        UsageError: the engine has no such image.
    """
    try:
        with engine_errors(f"look up the image {reference}"):
            found = client.images.get(reference)
    except EngineError as error:
        if _is_bad_request(error):
            raise UsageError(
                f"{reference}: not an image's name ({error}). Names are lower case; a --suite glob "
                "must be quoted, or the shell puts what it matches here."
            ) from error
        if not isinstance(error.__cause__, ImageNotFound):
            raise
        raise UsageError(
            f"{reference}: the engine has no such image. Build it with "
            f"`runner build DIR -t {reference}`, or get it with `docker pull {reference}`."
        ) from error
    config = found.attrs.get("Config") or {}
    return Image(
        reference=reference,
        id=str(found.id),
        digests=tuple(found.attrs.get("RepoDigests") or ()),
        declared_volumes=tuple(config.get("Volumes") or ()),
    )


def _is_bad_request(error: EngineError) -> bool:
    cause = error.__cause__
    return isinstance(cause, APIError) and cause.status_code == requests.codes.bad_request


def check_limits(client: docker.DockerClient, limits: Limits) -> None:
    """Refuse limits that the engine's host does not have.

    Raises:
        UsageError: more CPUs or memory than there are.
    """
    with engine_errors("tell what its host has"):
        host = client.info()
    if limits.cpus > host["NCPU"]:
        raise UsageError(f"The engine's host has {host['NCPU']} CPUs, not {limits.cpus:g}.")
    if limits.memory_bytes > host["MemTotal"]:
        raise UsageError(
            f"The engine's host has {host['MemTotal'] // MIB} MiB of memory, "
            f"not {limits.memory_bytes // MIB}."
        )


def engine_version(client: docker.DockerClient) -> str:
    """Return the engine's name and version, for the record."""
    with engine_errors("tell its version"):
        return f"Docker API {client.api.api_version}, engine {client.version()['Version']}"


def examine_engine(client: docker.DockerClient) -> tuple[Finding, ...]:
    """Return what the engine and its host give the sandbox, and what they lack."""
    with engine_errors("describe itself"):
        return examine_host(client.info(), client.version())

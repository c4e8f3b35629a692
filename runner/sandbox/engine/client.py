"""The engine's client, its errors, and images resolved to their IDs."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound

from runner.contract.limits import MIB
from runner.errors import EngineError, UsageError
from runner.sandbox.engine.host import Finding, examine_host
from runner.sandbox.engine.image import Image, read_image
from runner.sandbox.policy import SandboxPolicy
from runner.untrusted import printable

REQUEST_SECONDS = 120
"""How long one request to the engine may take before the engine counts as lost."""

MOST_CONNECTIONS = 100
"""How many connections to the engine are kept for the next request; threads may open more."""

ENGINE_RETURN_SECONDS = 60
"""How long an engine that is lost may take to come back, e.g. for an upgrade."""


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
        client = docker.from_env(timeout=REQUEST_SECONDS, max_pool_size=MOST_CONNECTIONS)
        client.ping()
    except (DockerException, requests.RequestException) as error:
        place = os.environ.get("DOCKER_HOST") or "the default socket"
        raise EngineError(
            f"No container engine answers at {place} "
            f"({error}). Start Docker, or point DOCKER_HOST to an engine; `docker info` shows "
            "whether it can be reached."
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
            f"`runner build DIR -t {reference}`, or get it with `docker pull {reference}` "
            "(`runner evaluate --pull missing` does that)."
        ) from error
    return read_image(reference, found.attrs)


def _is_bad_request(error: EngineError) -> bool:
    cause = error.__cause__
    return isinstance(cause, APIError) and cause.status_code == requests.codes.bad_request


def check_policy(client: docker.DockerClient, policy: SandboxPolicy) -> None:
    """Refuse a policy that the engine's host can't give.

    Raises:
        UsageError: more CPUs or memory than there are, or a runtime that the engine does not know.
    """
    limits = policy.limits
    with engine_errors("tell what its host has"):
        host = client.info()
    if policy.runtime is not None and policy.runtime not in host["Runtimes"]:
        known = ", ".join(sorted(host["Runtimes"]))
        raise UsageError(
            f"{policy.runtime}: the engine has no such runtime. It has {known}; add others to its "
            "daemon.json and restart it."
        )
    if limits.cpus > host["NCPU"]:
        raise UsageError(f"The engine's host has {host['NCPU']} CPUs, not {limits.cpus:g}.")
    if limits.memory_bytes > host["MemTotal"]:
        raise UsageError(
            f"The engine's host has {host['MemTotal'] // MIB} MiB of memory, "
            f"not {limits.memory_bytes // MIB}."
        )


def await_engine(client: docker.DockerClient, announce: Callable[[str], None]) -> None:
    """Return once the engine answers; wait for one that is being restarted.

    Raises:
        EngineError: it has not come back in time.
    """
    deadline = time.monotonic() + ENGINE_RETURN_SECONDS
    announced = False
    while True:
        try:
            with engine_errors("answer"):
                client.ping()
        except EngineError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        if not announced:
            announce(f"the engine does not answer; waiting for up to {ENGINE_RETURN_SECONDS} s")
            announced = True
        time.sleep(0.5)


def engine_answers(client: docker.DockerClient) -> bool:
    """Return whether the engine is there."""
    try:
        with engine_errors("answer"):
            client.ping()
    except EngineError:
        return False
    return True


def engine_version(client: docker.DockerClient) -> str:
    """Return the engine's name and version, for the record."""
    with engine_errors("tell its version"):
        return f"Docker API {client.api.api_version}, engine {client.version()['Version']}"


def describe_engine(client: docker.DockerClient) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the engine's answers to ``GET /info`` and ``GET /version``."""
    with engine_errors("describe itself"):
        return client.info(), client.version()


def examine_engine(client: docker.DockerClient) -> tuple[Finding, ...]:
    """Return what the engine and its host give the sandbox, and what they lack."""
    return examine_host(*describe_engine(client))

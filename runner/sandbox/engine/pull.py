"""Images from a registry, fetched only when the organizer says so, before anything is run."""

import time
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import docker
import requests
from docker.errors import APIError

from runner.errors import EngineError, UsageError
from runner.sandbox.engine.client import engine_errors, resolve_image
from runner.sandbox.engine.image import Image
from runner.untrusted import printable

PROGRESS_SECONDS = 10


class Pull(StrEnum):
    """When an image is fetched from its registry."""

    NEVER = "never"
    MISSING = "missing"
    ALWAYS = "always"


def obtain_image(
    client: docker.DockerClient, reference: str, pull: Pull, announce: Callable[[str], None]
) -> Image:
    """Return the image that a reference names now, fetched from its registry if that is asked for.

    What comes back is told by its ID: the registry is not asked again, and may go away.

    Raises:
        UsageError: there is no such image, on the engine or in the registry.
        EngineError: the registry can't be reached.
    """
    if pull is Pull.ALWAYS or (pull is Pull.MISSING and not _is_there(client, reference)):
        announce(f"{reference}: pulling")
        _pull(client, reference, announce)
    return resolve_image(client, reference)


def _is_there(client: docker.DockerClient, reference: str) -> bool:
    try:
        resolve_image(client, reference)
    except UsageError:
        return False
    return True


def _pull(client: docker.DockerClient, reference: str, announce: Callable[[str], None]) -> None:
    try:
        with engine_errors(f"pull {reference}"):
            _follow(client.api.pull(reference, stream=True, decode=True), reference, announce)
    except EngineError as error:
        if isinstance(error.__cause__, APIError) and _is_no_such_image(error.__cause__):
            raise UsageError(
                f"{error} Check the name and the tag; for a registry that asks who you are, run "
                "`docker login` first."
            ) from error
        raise


def _is_no_such_image(error: APIError) -> bool:
    return error.status_code in (
        requests.codes.bad_request,
        requests.codes.unauthorized,
        requests.codes.forbidden,
        requests.codes.not_found,
    )


def _follow(
    events: Iterable[Mapping[str, Any]], reference: str, announce: Callable[[str], None]
) -> None:
    """Announce now and then how far a pull is, until its end.

    Raises:
        EngineError: it broke off.
    """
    is_done: dict[str, bool] = {}
    announced = time.monotonic()
    for event in events:
        if "error" in event:
            raise EngineError(f"The engine could not pull {reference}: {printable(event['error'])}")
        if "id" in event and "progressDetail" in event:
            is_done[event["id"]] = event["status"] in ("Pull complete", "Already exists")
        if time.monotonic() - announced > PROGRESS_SECONDS:
            announced = time.monotonic()
            announce(f"{reference}: pulling, {sum(is_done.values())} of {len(is_done)} layers")

"""Pulls an image from its registry."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Any

import requests
from docker.errors import NotFound
from urllib3.exceptions import ReadTimeoutError

from runner.contract.limits import GIB
from runner.errors import EngineError, EngineRefusedError, NoRoomError, UsageError
from runner.progress import Say
from runner.sandbox.engine.credentials import find_credentials
from runner.sandbox.engine.room import (
    LEAST_FREE_BYTES,
    check_layers,
    check_unpacking,
    free_bytes,
    lack_of_room,
)
from runner.sandbox.engine.sdk_errors import engine_errors

PROGRESS_SECONDS = 10

MOST_PULLED_BYTES = 20 * GIB
"""The most that the layers of an image may have, as the registry sends them."""

MOST_PULL_SECONDS = 3600
"""How long a pull may take, and how long the engine may say nothing of it.

It says nothing of a registry that sends a byte now and then, or nothing more.
"""

NOT_IN_REGISTRY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
)
"""Engines' answers to a pull if the registry lacks the image, or denies it to this user."""


class Pull(StrEnum):
    """When an image is pulled from its registry."""

    NEVER = "never"
    MISSING = "missing"
    ALWAYS = "always"


def pull_image(
    api: Any, info: Mapping[str, Any], reference: str, say: Say, platform: str | None = None
) -> None:
    """Pull an image. No message has text of the registry: participants choose it.

    Args:
        info: the engine's answer to ``GET /info``.
        platform: that it is pulled for, e.g. ``linux/arm64``; None for the engine's own.

    Raises:
        UsageError: the registry has no such image, or it is too large.
        LackOfRoomError: the engine's disk has no room; a NoRoomError if that is known before.
        EngineError: the registry can't be reached, or is too slow.
    """
    credentials = find_credentials(reference)
    login = "If the registry needs a login, run `docker login` first."
    if credentials.complaint:
        login = f"The registry is asked without credentials, because {credentials.complaint}."
        say(f"{reference}: {login}")
    lack = lack_of_room(info)
    if lack is not None:
        # What images have in bytes does not tell how many files go with them.
        is_guess = not free_bytes(info)
        raise NoRoomError(
            f"{reference} was not pulled. {lack}", LEAST_FREE_BYTES, is_guess=is_guess
        )
    say(f"{reference}: pulling" + ("" if platform is None else f" it for {platform}"))
    try:
        measure_free = partial(_free_until_there, api, info, reference, _find_id(api, reference))
        with engine_errors(f"pull {reference}"), _in_time(reference):
            values = dict(credentials.values)
            events = api.pull(
                reference, auth_config=values, stream=True, decode=True, platform=platform
            )
            with closing(events):  # otherwise the engine would go on with it
                follow_pull(events, reference, say, measure_free)
    except EngineRefusedError as error:
        if error.status not in NOT_IN_REGISTRY:
            raise pull_error(reference) from error
        raise UsageError(
            f"{reference}: its registry does not have it, or denies it. Check the name and the "
            f"tag. {login} `docker pull {reference}` shows what the registry says."
        ) from error


def _free_until_there(
    api: Any, info: Mapping[str, Any], reference: str, earlier: str | None
) -> int | None:
    """Return how much is free on the engine's disk; None if that is not known.

    Nor is it of interest once the image is there, and what it needs is known; the engine's last
    events may come after that.

    Args:
        earlier: the ID of the image that the reference named before.
    """
    free = free_bytes(info)
    if free is None or free >= LEAST_FREE_BYTES:
        return free
    return None if _find_id(api, reference) != earlier else free


def _find_id(api: Any, reference: str) -> str | None:
    with engine_errors(f"look up the image {reference}"), suppress(NotFound):
        return str(api.inspect_image(reference)["Id"])
    return None


def follow_pull(
    events: Iterable[Mapping[str, Any]],
    reference: str,
    say: Say,
    measure_free: Callable[[], int | None] = lambda: None,
) -> None:
    """Announce from time to time how far a pull is, until its end.

    Args:
        measure_free: returns how many bytes are free on the engine's disk; None if that is not
            known.

    Raises:
        UsageError: its layers have too many bytes.
        LackOfRoomError: its layers don't fit on the engine's disk.
        EngineError: it broke off, or takes too long.
    """
    free = measure_free()
    is_done: dict[str, bool] = {}
    sizes: dict[str, int] = {}
    begun = announced = time.monotonic()
    for event in events:
        if "error" in event:
            raise pull_error(reference)
        if "id" in event and "progressDetail" in event:
            is_done[event["id"]] = event["status"] in ("Pull complete", "Already exists")
            sizes[event["id"]] = max(sizes.get(event["id"], 0), *_bytes(event["progressDetail"]))
            if event["progressDetail"]:
                check_unpacking(reference, free, measure_free())
        if sum(sizes.values()) > MOST_PULLED_BYTES:
            raise UsageError(
                f"{reference}: its layers have more than {MOST_PULLED_BYTES / GIB:g} GiB, so it "
                "was not pulled. Use a smaller image."
            )
        check_layers(reference, sizes, free)
        if time.monotonic() - begun > MOST_PULL_SECONDS:
            raise late_error(reference)
        if time.monotonic() - announced > PROGRESS_SECONDS:
            announced = time.monotonic()
            say(f"{reference}: pulling, {sum(is_done.values())} of {len(is_done)} layers")


def pull_error(reference: str) -> EngineError:
    """Return the error of a pull that broke off, without the text of the registry."""
    return EngineError(
        f"The engine could not pull {reference}. `docker pull {reference}` shows why."
    )


def late_error(reference: str) -> EngineError:
    """Return the error of a pull that takes too long: others' pulls may take the engine's time."""
    return EngineError(
        f"The engine did not get {reference} from its registry in {MOST_PULL_SECONDS} s, so it was "
        "not pulled."
    )


@contextmanager
def _in_time(reference: str) -> Iterator[None]:
    try:
        yield
    except (requests.ReadTimeout, ReadTimeoutError) as error:
        raise late_error(reference) from error


def _bytes(progress: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many bytes of a layer came, and how many the registry says that it has."""
    return int(progress.get("current") or 0), int(progress.get("total") or 0)

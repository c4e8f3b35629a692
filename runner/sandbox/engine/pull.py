"""When an image is pulled from its registry, and the progress of a pull."""

import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from runner.errors import EngineError
from runner.progress import Say
from runner.untrusted import printable

PROGRESS_SECONDS = 10

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


def follow_pull(events: Iterable[Mapping[str, Any]], reference: str, say: Say) -> None:
    """Announce from time to time how far a pull is, until its end.

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
            say(f"{reference}: pulling, {sum(is_done.values())} of {len(is_done)} layers")

"""When an image is pulled from its registry, and the progress of a pull."""

import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from runner.contract.limits import GIB
from runner.errors import EngineError, UsageError
from runner.progress import Say
from runner.sandbox.engine.room import check_layers

PROGRESS_SECONDS = 10

MOST_PULLED_BYTES = 20 * GIB
"""The most that the layers of an image may have, as the registry sends them."""

MOST_PULL_SECONDS = 3600
"""How long a pull may take; a registry that sends nothing at all is given up much earlier."""

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


def follow_pull(
    events: Iterable[Mapping[str, Any]], reference: str, say: Say, free: int | None = None
) -> None:
    """Announce from time to time how far a pull is, until its end.

    Args:
        free: how many bytes were free on the engine's disk; None if that is not known.

    Raises:
        UsageError: its layers have too many bytes, or it takes too long.
        EngineError: it broke off, or its layers don't fit on the engine's disk.
    """
    is_done: dict[str, bool] = {}
    sizes: dict[str, int] = {}
    begun = announced = time.monotonic()
    for event in events:
        if "error" in event:
            raise pull_error(reference)
        if "id" in event and "progressDetail" in event:
            is_done[event["id"]] = event["status"] in ("Pull complete", "Already exists")
            sizes[event["id"]] = max(sizes.get(event["id"], 0), *_bytes(event["progressDetail"]))
        if sum(sizes.values()) > MOST_PULLED_BYTES:
            raise UsageError(
                f"{reference}: its layers have more than {MOST_PULLED_BYTES / GIB:g} GiB, so it "
                "was not pulled. Use a smaller image."
            )
        check_layers(reference, sizes, free)
        if time.monotonic() - begun > MOST_PULL_SECONDS:
            raise UsageError(
                f"{reference}: its registry did not send it in {MOST_PULL_SECONDS} s, so it was "
                "not pulled."
            )
        if time.monotonic() - announced > PROGRESS_SECONDS:
            announced = time.monotonic()
            say(f"{reference}: pulling, {sum(is_done.values())} of {len(is_done)} layers")


def pull_error(reference: str) -> EngineError:
    """Return the error of a pull that broke off, without the text of the registry."""
    return EngineError(
        f"The engine could not pull {reference}. `docker pull {reference}` shows why."
    )


def _bytes(progress: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many bytes of a layer came, and how many the registry says that it has."""
    return int(progress.get("current") or 0), int(progress.get("total") or 0)

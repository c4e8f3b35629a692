"""Room on the engine's disk, where that is a disk of this machine."""

import os
import socket
from collections.abc import Mapping
from typing import Any

from runner.contract.limits import GIB
from runner.errors import LackOfRoomError, NoRoomError

LEAST_FREE_BYTES = GIB
"""Where less is free no image is pulled: a disk without any room stops the whole engine."""

LEAST_FREE_FILES = 10_000
"""With fewer inodes a disk is full, however many bytes are free: 4 MB sent can be as many files."""

_ADVICE = (
    "`runner gc --images` removes the images that evaluations pulled, `docker system df` shows "
    "what else takes room, and `df -i` whether it is inodes that lack."
)


def free_bytes(info: Mapping[str, Any]) -> int | None:
    """Return how much is free where an engine keeps its images; None if that is not known.

    Where no more files have room nothing is free. An engine of another machine, or in a virtual
    one, has another name than this host.

    Args:
        info: the engine's answer to ``GET /info``.
    """
    if info.get("Name") != socket.gethostname():
        return None
    try:
        found = os.statvfs(str(info.get("DockerRootDir")))
    except OSError:
        return None
    lacks_files = found.f_files > 0 and found.f_favail < LEAST_FREE_FILES
    return 0 if lacks_files else found.f_bavail * found.f_frsize


def lack_of_room(info: Mapping[str, Any]) -> str | None:
    """Return that the engine's disk is nearly full, and what to do; None if it is not, or unknown.

    Args:
        info: the engine's answer to ``GET /info``.
    """
    free = free_bytes(info)
    if free is None or free >= LEAST_FREE_BYTES:
        return None
    return f"{info['DockerRootDir']}: the engine's disk has only {_gib(free)} free. {_ADVICE}"


def check_layers(reference: str, sizes: Mapping[str, int], free: int | None) -> None:
    """Refuse an image that can't fit on the engine's disk.

    Each layer stands there as it was sent until it is unpacked, and then takes no less.

    Args:
        sizes: of the layers that are fetched, as the registry sends them, as far as it said.
        free: what was free before; None if that is not known.

    Raises:
        LackOfRoomError: it can't fit.
    """
    needed = sum(sizes.values()) + max(sizes.values(), default=0)
    if free is not None and needed > free - LEAST_FREE_BYTES:
        raise LackOfRoomError(
            f"{reference}: it needs at least {_gib(needed)}, and the engine's disk has "
            f"{_gib(free)} free, of which {_gib(LEAST_FREE_BYTES)} stay free. {_ADVICE}",
            needed + LEAST_FREE_BYTES,
        )


def check_loading(reference: str, needed: int, info: Mapping[str, Any]) -> None:
    """Refuse an archive whose image can't fit on the engine's disk: no engine ends a load.

    Args:
        needed: the bytes of its layers as the engine first copies them, and unpacked.
        info: the engine's answer to ``GET /info``.

    Raises:
        NoRoomError: it can't fit.
    """
    free = free_bytes(info)
    if free is not None and needed > free - LEAST_FREE_BYTES:
        raise NoRoomError(
            f"{reference}: to load it, about {_gib(needed)} are needed, and the engine's disk has "
            f"{_gib(free)} free, of which {_gib(LEAST_FREE_BYTES)} stay free. {_ADVICE}",
            needed + LEAST_FREE_BYTES,
        )


def check_unpacking(reference: str, before: int | None, free: int | None) -> None:
    """Refuse an image that fills the engine's disk while it is unpacked.

    Of some megabytes that were sent any number can come.

    Args:
        before: how much was free when its pull began.
        free: how much is free now; None if that is not known.

    Raises:
        LackOfRoomError: nearly nothing is left. How much it needs is a guess: twice what was there.
    """
    if before is not None and free is not None and free < LEAST_FREE_BYTES:
        raise LackOfRoomError(
            f"{reference}: unpacked, it does not fit on the engine's disk, which had "
            f"{_gib(before)} free, of which {_gib(LEAST_FREE_BYTES)} stay free. {_ADVICE}",
            2 * before,
            is_guess=True,
        )


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"

"""What others did to a container while it ran, from the engine's own record of events. Pure."""

import signal
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

FROM_OUTSIDE = {
    "kill": "sent a signal",
    "stop": "stopped",
    "pause": "paused",
    "restart": "restarted",
    "update": "given other limits",
}
"""What only somebody with access to the engine does to a container, and in what words."""


def interference(events: Iterable[Mapping[str, Any]], *, killed_by_runner: bool) -> str | None:
    """Return what was done to the container by others than the runner, or None.

    Args:
        events: the engine's events of this container, oldest first.
        killed_by_runner: one SIGKILL, the last, is the runner's own.
    """
    actions = [event for event in events if event.get("Action") in FROM_OUTSIDE]
    if killed_by_runner:
        signals = [index for index, event in enumerate(actions) if _is_sigkill(event)]
        for index in signals[-1:]:
            del actions[index]
    if not actions:
        return None
    return FROM_OUTSIDE[str(actions[0]["Action"])]


def _is_sigkill(event: Mapping[str, Any]) -> bool:
    attributes = (event.get("Actor") or {}).get("Attributes") or {}
    killed = event.get("Action") == "kill"
    return killed and attributes.get("signal") == str(int(signal.SIGKILL))


def engine_seconds(moment: str) -> float:
    """Return a moment of the engine, e.g. StartedAt, in seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()

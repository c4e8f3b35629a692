"""The engine's record of a container -> how it ended, what it printed, who disturbed it. Pure."""

import json
import re
import signal
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from runner.contract.limits import Limits
from runner.sandbox.outcome import ContainerEnd, is_past_deadline

CUT_MARK = b"[the log was longer than its limit; this is its end]\n"

STORED_LINE_BYTES = len(json.dumps({"log": "", "stream": "stdout", "time": "x" * 30})) + 1
"""What the engine's json-file driver stores with each line."""

STORED_AS_SIX = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f<>&\ufffd]")

FROM_OUTSIDE = {
    "kill": "sent a signal",
    "stop": "stopped",
    "pause": "paused",
    "restart": "restarted",
    "update": "given other limits",
}
"""Events that only somebody with access to the engine can cause, with words for each."""


def read_end(
    state: Mapping[str, Any], limits: Limits, *, killed_by_runner: bool, most_pids: int
) -> ContainerEnd:
    """Return how a container ended.

    Args:
        state: ``State`` of the engine's answer to ``GET /containers/{id}/json``.
        most_pids: the largest number of processes and threads that was measured.
    """
    started, finished = lifetime(state)
    wall_seconds = max(0.0, finished - started)
    return ContainerEnd(
        exit_code=state["ExitCode"],
        wall_seconds=wall_seconds,
        oom_killed=state["OOMKilled"],
        past_deadline=is_past_deadline(
            limits,
            wall_seconds=wall_seconds,
            exit_code=state["ExitCode"],
            killed_by_runner=killed_by_runner,
        ),
        pids_reached=most_pids >= limits.pids,
    )


def lifetime(state: Mapping[str, Any]) -> tuple[float, float]:
    """Return when a container started and ended, in seconds since 1970, by the engine's clock."""
    started, finished = (
        datetime.fromisoformat(state[moment]).timestamp() for moment in ("StartedAt", "FinishedAt")
    )
    return started, finished


def cut_log(content: bytes, most_bytes: int) -> bytes:
    """Return the last lines of a log that fit, as the engine stores them, marked if it was cut.

    The engine keeps two files, each a little larger than the limit, and drops the older one
    silently. So less is taken than one file holds, and it is always known whether more was printed.
    """
    lines = content.splitlines(keepends=True)
    stored = 0
    for index in range(len(lines) - 1, -1, -1):
        stored += _stored_bytes(lines[index])
        if stored > most_bytes:
            return CUT_MARK + (b"".join(lines[index + 1 :]) or content[-most_bytes:])
    return content


def _stored_bytes(line: bytes) -> int:
    text = line.decode(errors="replace")
    return len(line) + 5 * len(STORED_AS_SIX.findall(text)) + STORED_LINE_BYTES


def find_interference(events: Iterable[Mapping[str, Any]], *, killed_by_runner: bool) -> str | None:
    """Return what somebody other than the runner did to the container, or None.

    Args:
        events: the engine's events of this container, oldest first.
        killed_by_runner: the last SIGKILL is the runner's own.
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

"""The end of what a container printed, bounded, and marked where its beginning was cut."""

import json
import re
from dataclasses import dataclass

from docker.models.containers import Container

from runner.contract.limits import Limits
from runner.sandbox.engine.client import engine_errors

CUT_MARK = b"[the log was longer than its limit; this is its end]\n"

STORED_LINE_BYTES = len(json.dumps({"log": "", "stream": "stdout", "time": "x" * 30})) + 1
"""What the engine's json-file driver stores with each line."""

STORED_AS_SIX = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f<>&\ufffd]")


@dataclass(frozen=True)
class Log:
    """What is kept of a log; ``is_cut`` if there was more before it."""

    content: bytes
    is_cut: bool


def read_log(container: Container, limits: Limits) -> Log:
    """Return the end of a container's log, of at most ``limits.log_bytes``.

    The engine keeps two files, each a little larger than that, and drops the older one without a
    word. So less is taken than one file holds, and whether more was printed can always be told.
    """
    with engine_errors("read the predictor's log"):
        return cut_log(container.logs(tail="all"), limits.log_bytes)


def cut_log(content: bytes, most_bytes: int) -> Log:
    """Return the last lines of a log that fit, as the engine stores them, in a number of bytes."""
    lines = content.splitlines(keepends=True)
    stored = 0
    for index in range(len(lines) - 1, -1, -1):
        stored += _stored_bytes(lines[index])
        if stored > most_bytes:
            kept = b"".join(lines[index + 1 :]) or content[-most_bytes:]
            return Log(CUT_MARK + kept, is_cut=True)
    return Log(content, is_cut=False)


def _stored_bytes(line: bytes) -> int:
    text = line.decode(errors="replace")
    return len(line) + 5 * len(STORED_AS_SIX.findall(text)) + STORED_LINE_BYTES

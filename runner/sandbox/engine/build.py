"""The labels of images built here, and the progress of a build."""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from runner.errors import BuildError
from runner.progress import Say
from runner.untrusted import printable

CONTRACT_LABEL = "runner.contract_version"
"""The version of the file contract that the image was built for."""

EXPECTED_LABEL = "runner.expected_predictions"
"""What the author's own check of the image predicted, as JSON; for ``runner check``."""

BUILD_LOG_LINES = 15

LONGEST_LINE = 10_000
"""Characters of a line that has not ended; of a longer one the end counts."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Color codes that the engine puts around a step's standard error."""


def follow_build(said: Iterable[Mapping[str, Any]], tag: str, say: Say) -> None:
    """Announce each step as the engine reports it, until the build is over.

    Raises:
        BuildError: a step failed; holds the end of the engine's output.
    """
    lines: deque[str] = deque(maxlen=BUILD_LOG_LINES)
    rest = ""
    for entry in said:
        # What is written in several goes comes in several entries: a line ends where it ends.
        rest += _COLOUR.sub("", str(entry.get("stream", "")))
        *whole, rest = rest.split("\n")
        for line in _shown("\n".join(whole)):
            lines.append(line)
            if line.startswith("Step "):
                say(printable(line))
        rest = rest[-LONGEST_LINE:]
        if "error" in entry:
            shown = "\n".join(map(printable, [*lines, *_shown(rest)][-BUILD_LOG_LINES:]))
            what = printable(_COLOUR.sub("", str(entry["error"])))
            raise BuildError(f"{tag} can't be built: {what}\n{shown}")


def _shown(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]

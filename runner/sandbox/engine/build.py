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

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Color codes that the engine puts around a step's standard error."""


def follow_build(said: Iterable[Mapping[str, Any]], tag: str, say: Say) -> None:
    """Announce each step as the engine reports it, until the build is over.

    Raises:
        BuildError: a step failed; holds the end of the engine's output.
    """
    lines: deque[str] = deque(maxlen=BUILD_LOG_LINES)
    for entry in said:
        for line in _COLOUR.sub("", str(entry.get("stream", ""))).splitlines():
            if line.strip():
                lines.append(line.rstrip())
            if line.startswith("Step "):
                say(printable(line))
        if "error" in entry:
            shown = "\n".join(map(printable, lines))
            what = printable(_COLOUR.sub("", str(entry["error"])))
            raise BuildError(f"{tag} can't be built: {what}\n{shown}")

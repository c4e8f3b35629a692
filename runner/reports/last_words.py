"""What a program printed at its end that says most of why it failed. Pure."""

import re
from collections.abc import Sequence

from runner.untrusted import printable

LONGEST_QUOTE = 200
"""Characters."""

_ENDS = {
    re.compile(r"Execution halted"): re.compile(r"Error\b"),
    re.compile(r"Node\.js v\d+\.\d+\.\d+"): re.compile(r"\w*Error\b"),
}
"""How R and Node take their leave, and how the line begins that says why: it stands above."""

_PLACE = re.compile(r"(?:file://)?/(?:\S*/)?([^/\s]+:\d+)")
"""Where an error of Node was thrown, in a line of its own."""


def last_words(log: Sequence[str]) -> str | None:
    """Return the last line, or the error's where R or Node print others below; None if none."""
    lines = [line.strip() for line in log if line.strip()]
    if not lines:
        return None
    begin = next((begin for end, begin in _ENDS.items() if end.fullmatch(lines[-1])), None)
    if begin is None:
        return _cut(lines[-1])
    errors = [number for number, line in enumerate(lines) if begin.match(line)]
    if not errors:
        return _cut(lines[-2] if lines[1:] else lines[-1])
    error = errors[-1]
    said = lines[error]
    if said.endswith(":") and error + 1 < len(lines) - 1:  # R puts what is long into the next line
        said = f"{said} {lines[error + 1]}"
    places = [found[1] for line in lines[:error] if (found := _PLACE.fullmatch(line))]
    return _cut(f"{places[-1]}: {said}" if places else said)


def _cut(line: str) -> str:
    return printable(line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}...")

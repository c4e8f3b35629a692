"""Values and errors of a card as JSON and text, of bounded size."""

import json
import traceback
from typing import Any

MOST_TEXT = 4_000
"""Characters of an exception's message."""

MOST_VALUE = 100_000
"""Characters of a value that is shown."""

DEEPEST_VALUE = 8

LARGEST_NUMBER = 1e150
"""The largest that the runner reads."""


class CardFault(Exception):  # noqa: N818  (it aborts the card, and is no error of this program)
    """What aborts the card: a symbol or a result that can't be read."""


def view(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that MAGNET's result files show: numbers, texts, mappings, integers."""
    kinds = (int, float, str, dict)
    return {
        name: value
        for name, value in values.items()
        if type(value) in kinds or (type(value) is list and value and type(value[0]) is int)
    }


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON of the runner's has it; what that has not becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) in (int, float):
        return value if abs(value) <= LARGEST_NUMBER else shown(value)  # NaN is not
    if isinstance(value, str):
        return value[:MOST_VALUE].encode("utf-8", "replace").decode()
    if depth < DEEPEST_VALUE and isinstance(value, dict):
        return {plain(str(key)): plain(each, depth + 1) for key, each in value.items()}
    if depth < DEEPEST_VALUE and isinstance(value, list | tuple):
        return [plain(each, depth + 1) for each in value]
    return shown(value)


def bounded(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them, the beginning of its text for a large one."""
    found = {}
    for name, value in values.items():
        shown = plain(value)
        text = json.dumps(shown)
        found[plain(name)] = shown if len(text) <= MOST_VALUE else text[:MOST_TEXT]
    return found


def shown(value: Any) -> str:
    """Return a value as Python writes it."""
    try:
        return text_of(repr(value))
    except Exception:  # noqa: BLE001  (a stranger's class)
        return f"a {type(value).__name__}"


def text_of(text: str) -> str:
    """Return a text that is short and has no lone surrogate."""
    return text[:MOST_TEXT].encode("utf-8", "replace").decode()


def message(error: BaseException) -> str:
    """Return what an exception says."""
    try:
        return text_of(str(error))
    except Exception:  # noqa: BLE001  (a stranger's class)
        return type(error).__name__


def describe(error: BaseException) -> str:
    """Return an exception's class, what it says, and the line of the card's Python."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    line = f" (line {frames[-1].lineno} of its Python)" if frames else ""
    return f"{type(error).__name__}: {message(error)}{line}"

"""Hostile bytes -> JSON values, and the faults in them that JSON's own grammar lets through.

The bytes may be anything. What can't be parsed is refused with its cause; a doubled key, a number
that is none, or a lone surrogate is kept as a value, so that all of them are found with their
places.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.contract.layout import LARGEST_NUMBER
from runner.output.findings import Cause, refusal
from runner.untrusted import quote

DEEPEST_JSON = 16


class BadNumber(float):
    """A number that JSON does not have (NaN), or beyond LARGEST_NUMBER; keeps its text."""

    text: str


class DoubledKeys(dict[str, Any]):
    """An object that has a key twice; keeps the first such key, and of each the last value."""

    doubled: str


@dataclass(frozen=True)
class Fault:
    """A fault of a value: its cause, what is wrong, and the path to it: keys and positions."""

    cause: Cause
    path: tuple[str | int, ...]
    what: str


def parse_json(content: bytes, most_bytes: int) -> Any:
    """Return the value in the bytes, with DoubledKeys and BadNumber in it where they are.

    Raises:
        InvalidOutputError: too large, too deep, no UTF-8, or no JSON.
    """
    if len(content) > most_bytes:
        raise refusal(
            Cause.TOO_LARGE, f"it has {len(content)} bytes; with these targets {most_bytes} is most"
        )
    try:
        text = content.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise refusal(Cause.NOT_UTF8, f"not UTF-8 at byte {error.start}") from error
    _refuse_deep(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_bad_number,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        hint = None if text.strip() else "the file is empty"
        raise refusal(Cause.NOT_JSON, f"not JSON: {error.msg} at {where}", hint) from error


# The possessive repeats and the optional end keep the scan linear on a string that never closes.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _refuse_deep(text: str) -> None:
    """Refuse deep nesting before the parser meets it, which would end in a RecursionError."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        piece = match[0]
        if piece in "[{":
            depth += 1
            if depth > DEEPEST_JSON:
                message = f"nested deeper than {DEEPEST_JSON} levels at character {match.start()}"
                raise refusal(Cause.TOO_DEEP, message)
        elif piece in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    doubled = DoubledKeys(members)
    doubled.doubled = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return doubled


def _float(text: str) -> float:
    number = float(text)
    return number if -LARGEST_NUMBER <= number <= LARGEST_NUMBER else _bad_number(text)


def _int(text: str) -> float:
    # Decided as a float: an integer with more digits than any stat is slow to read.
    return number if isinstance(number := _float(text), BadNumber) else int(text)


def _bad_number(text: str) -> BadNumber:
    number = BadNumber(text)
    number.text = quote(text)[1:-1]
    return number


_SURROGATE = re.compile("[\ud800-\udfff]")


def is_unicode(text: str) -> bool:
    """Return whether the text has no lone surrogate, which no UTF-8 can hold."""
    return text.isascii() or _SURROGATE.search(text) is None


def has_faults(value: Any) -> bool:
    """Return whether there is a fault below a value; faster than ``find_faults``."""
    if isinstance(value, str):
        return not is_unicode(value)
    if isinstance(value, dict):
        return (
            isinstance(value, DoubledKeys)
            or not all(map(is_unicode, value))
            or any(map(has_faults, value.values()))
        )
    if isinstance(value, list):
        return any(map(has_faults, value))
    return isinstance(value, BadNumber)


def find_faults(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Fault]:
    """Yield every fault below a value, in the order of the document."""
    if isinstance(value, BadNumber):
        what = f"{value.text} is no number that a stat can have"
        yield Fault(Cause.BAD_NUMBER, path, f"{what}: finite, and at most {LARGEST_NUMBER:g}")
    elif isinstance(value, str):
        if not is_unicode(value):
            yield Fault(Cause.LONE_SURROGATE, path, f"{quote(value)} is not Unicode text")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from find_faults(item, (*path, position))
    elif isinstance(value, dict):
        if isinstance(value, DoubledKeys):
            yield Fault(Cause.DUPLICATE_KEY, path, f"the key {quote(value.doubled)} stands twice")
        for key, item in value.items():
            if is_unicode(key):
                yield from find_faults(item, (*path, key))
            else:
                yield Fault(Cause.LONE_SURROGATE, path, f"{quote(key)} is not Unicode text")

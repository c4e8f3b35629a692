"""Fields of a stranger's JSON: each is read by its type, or an error says where it is wrong."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import SuiteError
from runner.files.regular_files import open_regular
from runner.untrusted import quote

LARGEST = 1e150
"""Of a score: a stat holds its square too."""

MOST_LETTERS = 300
"""Of the name of a task, a model or a metric."""


@dataclass(frozen=True)
class Record:
    """An object in a stranger's file.

    Attributes:
        fields: its fields, of any type.
        place: the file, and where in it.
        advice: what to do if it is wrong.
    """

    fields: Mapping[str, Any]
    place: str
    advice: str

    def wrong(self, problem: str) -> SuiteError:
        """Return the error that something in this object is wrong."""
        return SuiteError(f"{self.place}: {problem}. {self.advice}")

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return self.fields.get(name) is not None

    def text(self, name: str) -> str:
        """Return a field that is a text."""
        value = self._value(name)
        if not isinstance(value, str):
            raise self.wrong(f"{name} is {_shown(value)}, not a text")
        return value

    def name(self, name: str) -> str:
        """Return a field that names something: one line of printable letters."""
        return self.checked_name(self.text(name), name)

    def checked_name(self, text: str, what: str) -> str:
        """Return a text of the file, if it can be a name."""
        if not text.strip() or not text.isprintable():
            raise self.wrong(f"{what} is {_shown(text)}, which is no name")
        if len(text) > MOST_LETTERS:
            raise self.wrong(f"{what} has {len(text)} letters, more than {MOST_LETTERS}")
        return text

    def number(self, name: str) -> float:
        """Return a field that is a finite number that a stat can hold."""
        return self.checked_number(self._value(name), name)

    def checked_number(self, value: Any, what: str) -> float:
        """Return a value of the file, if it is a finite number that a stat can hold."""
        if not isinstance(value, int | float):
            raise self.wrong(f"{what} is {_shown(value)}, not a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.wrong(f"{what} is {value}, not a finite number")
        if abs(value) > LARGEST:
            raise self.wrong(f"{what} is larger than {LARGEST:g}, so that no stat can hold it")
        return float(value)

    def whole(self, name: str) -> int:
        """Return a field that is a whole number, 0 or more."""
        value = self._value(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
            raise self.wrong(f"{name} is {_shown(value)}, not a whole number")
        return value

    def items(self, name: str) -> list[Any]:
        """Return a field that is a list."""
        value = self._value(name)
        if not isinstance(value, list):
            raise self.wrong(f"{name} is {_shown(value)}, not a list")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of texts."""
        items = self.items(name)
        for item in items:
            if not isinstance(item, str):
                raise self.wrong(f"{name} has {_shown(item)}, not a text")
        return items

    def record(self, name: str) -> "Record":
        """Return a field that is an object."""
        return record_of(self._value(name), f"{self.place}: {quote(name)}", self.advice)

    def records(self, name: str) -> list["Record"]:
        """Return a field that is a list of objects."""
        place = f"{self.place}: {name}"
        return [
            record_of(item, f"{place}, item {number}", self.advice)
            for number, item in enumerate(self.items(name), start=1)
        ]

    def _value(self, name: str) -> Any:
        value = self.fields.get(name)
        if value is None:
            raise self.wrong(f"{quote(name)} is missing")
        return value


def record_of(value: Any, place: str, advice: str) -> Record:
    """Return the object at a place.

    Raises:
        SuiteError: it is no object.
    """
    if not isinstance(value, dict):
        raise SuiteError(f"{place}: {_shown(value)}, not an object. {advice}")
    return Record(value, place, advice)


def read_lines(path: Path, advice: str) -> Iterator[Record]:
    """Yield the object on each line of a JSONL file; blank lines are left out.

    Raises:
        SuiteError: the file can't be read, or a line is no JSON object.
    """
    try:
        with open_regular(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    place = f"{path}: line {number}"
                    yield record_of(parse_json(line, place, advice), place, advice)
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}. {advice}") from error


def parse_json(content: bytes, place: str, advice: str) -> Any:
    """Return a JSON document; NaN and infinities are read as such, to be refused by their place.

    Raises:
        SuiteError: it is no JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{place}: no JSON, perhaps cut off ({error!s:.80}). {advice}") from error


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "a number" if abs(value) > LARGEST else str(value)
    return quote(repr(value) if not isinstance(value, str) else value, 40)

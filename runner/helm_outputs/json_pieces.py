"""A large JSON document, read piece by piece: its objects take ten times its memory and more."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SPACE = re.compile(r"[ \t\n\r]*")


class Piece(NamedTuple):
    """A member of the document, or an element of its list.

    Attributes:
        name: of the member or of the list.
        value: null for a NaN or an infinity, as ``json_text.parse`` reads it.
    """

    name: str
    value: Any


def parse_in_pieces(content: bytes, list_name: str) -> Iterator[Piece]:
    """Yield the members of an object in order, and of one that is a list the elements.

    Raises:
        ValueError, RecursionError: it is no JSON, no such document, or has the list twice.
    """
    text = _Text(content.decode(json.detect_encoding(content), "surrogatepass"))
    has_list = False
    text.expect("{")
    while True:
        name = text.read()
        text.expect(":")
        if name != list_name:
            yield Piece(name, text.read())
        elif has_list:
            raise ValueError(f"{name} stands there twice")
        else:
            has_list = True
            yield from _elements(text, name)
        if not text.has(","):
            break
    text.expect("}")
    text.expect_end()


def _elements(text: "_Text", name: str) -> Iterator[Piece]:
    text.expect("[")
    if text.has("]"):
        return
    yield Piece(name, text.read())
    while text.has(","):
        yield Piece(name, text.read())
    text.expect("]")


class _Text:
    """A text that is read from its start."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._pass_space()

    def read(self) -> Any:
        """Return the value that comes next."""
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        self._pass_space()
        return value

    def has(self, mark: str) -> bool:
        """Return whether a mark comes next; it is passed."""
        is_next = self._text.startswith(mark, self._at)
        if is_next:
            self._at += len(mark)
            self._pass_space()
        return is_next

    def expect(self, mark: str) -> None:
        """Pass a mark that must come next."""
        if not self.has(mark):
            raise ValueError(f"no {mark} at character {self._at}")

    def expect_end(self) -> None:
        """Refuse what comes after the document."""
        if self._at != len(self._text):
            raise ValueError(f"it goes on at character {self._at}")

    def _pass_space(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

"""Patterns of a `.dockerignore`: what `docker build` leaves out of a folder. Pure.

They are read as the Docker CLI reads them (moby/patternmatcher). The matcher of Docker's SDK for
Python is not used: it takes `*.TXT` for `*.txt`, and knows no escaped character.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runner.errors import UsageError


@dataclass(frozen=True)
class Pattern:
    """A line of a `.dockerignore`.

    Attributes:
        text: without the `!` of an exception.
        is_exception: what matches is taken although an earlier line leaves it out.
    """

    text: str
    is_exception: bool
    regex: re.Pattern[str]


class Ignore:
    """Decides which paths are left out. The last pattern that matches a path decides.

    A path matches a pattern too if a folder above it does.
    """

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self._patterns = list(patterns)

    def leaves_out(self, path: str) -> bool:
        """Return whether a path is left out; it is below the folder, with slashes."""
        tried = [path, *_parents(path)]
        left_out = False
        for pattern in self._patterns:
            if left_out is pattern.is_exception and any(map(pattern.regex.fullmatch, tried)):
                left_out = not left_out
        return left_out

    def may_take_from(self, folder: str) -> bool:
        """Return whether an exception may concern something in a folder that is left out."""
        return any(
            f"{pattern.text}/".startswith(f"{folder}/")
            for pattern in self._patterns
            if pattern.is_exception
        )


def read_patterns(content: bytes, where: str) -> Iterator[Pattern]:
    """Yield the patterns of a `.dockerignore`.

    Args:
        where: what an error calls the file.

    Raises:
        UsageError: a line is no pattern.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    for number, line in enumerate(text.split("\n"), start=1):
        pattern = line.strip()
        if line.startswith("#") or not pattern:
            continue
        is_exception = pattern.startswith("!")
        cleaned = _clean(pattern.removeprefix("!").strip())
        try:
            yield Pattern(cleaned, is_exception, re.compile(_regex(cleaned), re.DOTALL))
        except (ValueError, re.error) as error:
            raise UsageError(
                f"{where}, line {number}: {pattern!r} is no pattern ({error}). See "
                "https://docs.docker.com/build/concepts/context/#dockerignore-files"
            ) from error


def _clean(pattern: str) -> str:
    """Return a pattern without `.`, `..` and needless slashes, as Go's ``filepath.Clean`` does."""
    if not pattern:
        return ""
    cleaned = posixpath.normpath(pattern)
    return cleaned.lstrip("/") or "/"


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _regex(pattern: str) -> str:
    """Return a pattern as a regular expression.

    Raises:
        ValueError: it is no pattern.
    """
    if not pattern:
        raise ValueError("nothing follows the !")
    if pattern.startswith("**") and not re.search(r"[*?\[\\]", pattern[2:]):
        end = pattern[2:]  # any path that ends so; after a slash also a path that is just this
        return f"(?:.*/)?{re.escape(end[1:])}" if end.startswith("/") else f".*{re.escape(end)}"
    parts, rest = [], pattern
    while rest:
        part, rest = _first_part(rest)
        parts.append(part)
    return "".join(parts)


def _first_part(pattern: str) -> tuple[str, str]:
    """Return the regular expression of a pattern's first part, and the rest of the pattern."""
    if pattern.startswith("**"):
        rest = pattern[2:].removeprefix("/")
        return ("(?:.*/)?" if rest else ".*"), rest
    simple = {"*": "[^/]*", "?": "[^/]"}
    if pattern[0] in simple:
        return simple[pattern[0]], pattern[1:]
    if pattern[0] == "\\":
        if pattern == "\\":
            raise ValueError("nothing follows the backslash")
        return re.escape(pattern[1]), pattern[2:]
    if pattern[0] != "[":
        return re.escape(pattern[0]), pattern[1:]
    match = re.match(r"\[(\^?)((?:\\.|[^\\\]])+)\]", pattern)
    if match is None:
        raise ValueError("a [ without its ]")
    inside = "".join(
        each if each == "-" else re.escape(each.removeprefix("\\") or each)
        for each in re.findall(r"\\.|.", match[2])
    )
    return f"[{match[1]}{inside}]", pattern[match.end() :]

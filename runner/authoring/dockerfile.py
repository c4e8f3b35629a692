"""A Dockerfile: its instructions, the images it stands on, and where it is cut. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

PACKAGES = "packages"
"""Where, in a build's context, the Python packages are that the folder asks for."""

WEIGHTS = "weights"
"""Where, in a predictor's folder, its large files are."""

_DIRECTIVE = re.compile(r"#\s*(?:escape|syntax|check)\s*=\s*(\S+)", re.IGNORECASE)
_BYTE_COMPILING = re.compile(r"python[\d.]* (?:-\w+ )*-m compileall [^;&|<>`$]*(?:\|\| true)?")
_FROM = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        keyword: in upper case, e.g. ``COPY``.
        arguments: what stands after it, as one line.
        line: the number of its first line; the file's first is 0.
        lines: how many lines it has.
    """

    keyword: str
    arguments: str
    line: int
    lines: int

    def copied(self) -> list[str]:
        """Return what a COPY or ADD takes from the context; nothing for other instructions."""
        if self.keyword not in ("COPY", "ADD") or re.search(r"(?:^|\s)--from=", self.arguments):
            return []
        named = re.sub(r"^(?:--\S+\s+)*", "", self.arguments)
        try:
            words = [str(word) for word in json.loads(named)] if named.startswith("[") else []
        except ValueError:
            words = []
        sources = (words or named.split())[:-1]
        return [re.sub(r"^(?:\./|/)+", "", source) for source in sources]

    def takes(self, folder: str) -> bool:
        """Return whether it names a folder at the context's top, or something in it."""
        return any(source.split("/")[0] == folder for source in self.copied())

    def may_take(self, folder: str) -> bool:
        """Return whether it takes something of a folder, by its name, a pattern or as a whole."""
        firsts = [source.split("/")[0] for source in self.copied()]
        return any(first in ("", ".") or "$" in first or fnmatch(folder, first) for first in firsts)


def read_instructions(dockerfile: str) -> list[Instruction]:
    """Return a Dockerfile's instructions in their order."""
    escape = next((mark for mark in _directives(dockerfile) if mark == "`"), "\\")
    found: list[Instruction] = []
    pending: list[str] = []
    start = 0
    for number, line in enumerate(dockerfile.splitlines()):
        words = line.strip()
        if not words or words.startswith("#"):  # also between the lines of one instruction
            continue
        start = start if pending else number
        pending.append(words.removesuffix(escape).strip())
        if not words.endswith(escape):
            keyword, _, arguments = " ".join(pending).partition(" ")
            found.append(Instruction(keyword.upper(), arguments, start, number - start + 1))
            pending = []
    return found


def from_references(dockerfile: str, build_args: Mapping[str, str]) -> list[str]:
    """Return the images in the FROM lines, with ARG defaults filled in; no stage of its own."""
    values: dict[str, str] = {}
    stages = {"scratch"}
    references = []
    for one in read_instructions(dockerfile):
        if one.keyword == "ARG" and (match := re.match(r"(\w+)=(\S+)", one.arguments)):
            values.setdefault(match[1], build_args.get(match[1], match[2]))
        elif one.keyword == "FROM" and (match := _FROM.match(one.arguments)):
            named = re.sub(r"\$\{?(\w+)\}?", lambda name: values.get(name[1], ""), match["image"])
            references += [named] if named not in stages else []
            stages.add(match["stage"])
    return references


def stand_on(dockerfile: str, image: str) -> str:
    """Return a Dockerfile whose last stage is built on an image; every line keeps its number."""
    last = [one for one in read_instructions(dockerfile) if one.keyword == "FROM"][-1]
    lines = dockerfile.splitlines()
    match = _FROM.match(last.arguments)
    stage = f" AS {match['stage']}" if match and match["stage"] else ""
    lines[last.line : last.line + last.lines] = [f"FROM {image}{stage}", *[""] * (last.lines - 1)]
    return "\n".join(lines) + "\n"


def without_runs(dockerfile: str, *, byte_compiling_only: bool) -> str:
    """Return a Dockerfile without its RUN lines; every other line keeps its number.

    Args:
        byte_compiling_only: leave out only what does no more than byte-compile Python.
    """
    lines = dockerfile.splitlines()
    for one in read_instructions(dockerfile):
        is_compiling = _BYTE_COMPILING.fullmatch(one.arguments) is not None
        if one.keyword == "RUN" and (is_compiling or not byte_compiling_only):
            lines[one.line : one.line + one.lines] = [""] * one.lines
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Division:
    """A Dockerfile in two parts, of which the first makes an image that is kept.

    Attributes:
        kept: the first part, a Dockerfile.
        takes_files: whether it copies more than the folder it was cut at, and ``packages/``.
    """

    kept: str
    takes_files: bool
    _directives: tuple[str, ...]
    _arguments: tuple[str, ...]
    _code: tuple[str, ...]

    def code(self, image: str) -> str:
        """Return the second part as a Dockerfile that stands on the image of the first.

        Every line keeps its number, for the engine's messages.
        """
        head = [*self._directives, f"FROM {image}", *(f"ARG {one}" for one in self._arguments)]
        blank = [""] * (len(self.kept.splitlines()) - len(head))
        return "\n".join([*head, *blank, *self._code]) + "\n"


def divide(dockerfile: str, folder: str = PACKAGES) -> Division | None:
    """Return a Dockerfile in two parts: up to the last line for a folder, and the rest.

    RUN lines directly below belong to the first part: they prepare what is copied.

    Returns:
        None if no line names the folder, or the rest needs more of the first part than its
        image: an earlier stage, or ONBUILD.
    """
    found = read_instructions(dockerfile)
    ends = [number for number, one in enumerate(found, start=1) if one.takes(folder)]
    if not ends:
        return None
    end = ends[-1]
    while end < len(found) and found[end].keyword == "RUN":
        end += 1
    first, rest = found[:end], found[end:]
    if any(one.keyword == "FROM" or "--from=" in one.arguments for one in rest):
        return None
    if any(one.keyword == "ONBUILD" for one in first):
        return None
    lines = dockerfile.splitlines()
    cut = first[-1].line + first[-1].lines
    stage = max((number for number, one in enumerate(first) if one.keyword == "FROM"), default=0)
    return Division(
        kept="\n".join(lines[:cut]) + "\n",
        takes_files=any(not _takes_only((folder, PACKAGES), one) for one in first),
        _directives=tuple(lines[: len(_directives(dockerfile))]),
        _arguments=tuple(one.arguments for one in first[stage:] if one.keyword == "ARG"),
        _code=tuple(lines[cut:]),
    )


def divide_at_weights(dockerfile: str) -> Division | None:
    """Return a Dockerfile in two parts: up to the last line for ``weights/``, and the rest.

    Returns:
        None if no line names ``weights/``, or other lines need files that the parts lack.
    """
    division = divide(dockerfile, WEIGHTS)
    if division is None or division.takes_files:
        return None
    rest = read_instructions(division.code("image"))
    return None if any(one.may_take(WEIGHTS) for one in rest) else division


def _takes_only(folders: tuple[str, ...], instruction: Instruction) -> bool:
    return all(source.split("/")[0] in folders for source in instruction.copied())


def _directives(dockerfile: str) -> list[str]:
    """Return the values of the directives, which are the file's first lines."""
    values = []
    for line in dockerfile.splitlines():
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            break
        values.append(match[1])
    return values

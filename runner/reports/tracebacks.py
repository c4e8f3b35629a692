"""Python's tracebacks among the lines of a log, which a stranger wrote; a crash's are among them.

The engine may put lines of standard output between those of a traceback.
"""

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.contract.layout import COLUMN_NOTE

EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
"""The names of Python's own."""

_FRAME = re.compile(r'  File "([^"]*)", line (\d{1,6})(?:, in .*)?')
_CRASH = re.compile(r"(Fatal Python error): (.+)")
_CRASH_FRAME = re.compile(r'  File "([^"]*)", line (\d{1,6}) in .*')
_ENVIRONMENT = re.compile(r"<frozen os>|/lib/python3\.\d+/os\.py")
_EXCEPTION = re.compile(r"((?:\w+\.)*(\w+))(?:: ?(.*))?")

_NOT_THE_AUTHORS = re.compile(
    r"/(?:site-packages|dist-packages|packages)/|/lib\d*/python|^/opt/runner/|^<|/runner/contract/"
)
"""Files of Python, of packages and of the contract."""


@dataclass
class Traceback:
    """One traceback.

    Attributes:
        frames: the file and the line of each of its frames, the outermost first.
        kind: the exception's class as it is printed; None if its line was not found.
        message: what is printed after it, and the contract's own note on it if there is one.
    """

    frames: list[tuple[str, int]] = field(default_factory=list)
    kind: str | None = None
    message: str = ""

    def __str__(self) -> str:
        """Return the last line of it, e.g. ``ValueError: no runs``."""
        return f"{self.kind}: {self.message}" if self.message else str(self.kind)

    @property
    def is_of_a_variable(self) -> bool:
        """Return whether a variable of the environment was asked for that is not there."""
        last = self.frames[-1][0] if self.frames else ""
        return self.kind == "KeyError" and _ENVIRONMENT.fullmatch(last) is not None

    def own_place(self) -> str | None:
        """Return the last frame in the author's own code, e.g. ``predictor.py, line 7``."""
        own = [frame for frame in self.frames if not _NOT_THE_AUTHORS.search(frame[0])]
        if not own:
            return None
        path, line = own[-1]
        return f"{path.rpartition('/')[2]}, line {line}"


def take_tracebacks(lines: Sequence[str]) -> tuple[list[Traceback], list[str]]:
    """Return the tracebacks in the lines, and the lines that belong to none."""
    found: list[Traceback] = []
    rest: list[str] = []
    is_inside = False
    for line in lines:
        if line == "Traceback (most recent call last):":
            is_inside = True
            found.append(Traceback())
        elif crash := _CRASH.fullmatch(line):
            is_inside = False
            found.append(Traceback(kind=crash[1], message=crash[2]))
        elif found and not is_inside and (frame := _CRASH_FRAME.fullmatch(line)):
            found[-1].frames.insert(0, (frame[1], int(frame[2])))  # the innermost is printed first
        elif is_inside and (frame := _FRAME.fullmatch(line)):
            found[-1].frames.append((frame[1], int(frame[2])))
        elif is_inside and (end := _EXCEPTION.fullmatch(line)) and _is_exception(end):
            is_inside = False
            found[-1].kind, found[-1].message = end[1], end[3] or ""
        elif found and not is_inside and line.startswith(COLUMN_NOTE):
            found[-1].message += f"; {line}"
        elif not (is_inside and line.startswith(" ")):
            rest.append(line)
    return found, rest


def _is_exception(line: re.Match[str]) -> bool:
    """Return whether a line that looks like an exception names one, of Python or of a module."""
    in_a_module = line[1] != line[2]
    return in_a_module or line[2] in EXCEPTIONS or line[2].endswith(("Error", "Exception"))

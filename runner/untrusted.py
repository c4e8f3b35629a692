"""Make text that a participant controls safe to show."""

import re
import unicodedata

MOST_QUOTED = 80
"""The most characters of a participant's text that are shown."""

BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that Python takes for printable, and that show nothing."""

_CI_COMMAND = re.compile(r"^( *):(?=:)|#(?=#\w*\[)")
"""What makes a line of a log a command: ``::`` at its start for GitHub; ``##[``, ``##vso[`` and the
like anywhere for GitHub, Azure and TeamCity."""


def printable(line: str) -> str:
    """Return a line of a log; unprintable characters, and those of a CI's commands, are escaped."""
    if not line.isprintable():  # most lines are, which is much faster
        line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return _CI_COMMAND.sub(_escape_first, line) if "::" in line or "##" in line else line


def _escape_first(found: re.Match[str]) -> str:
    return f"{found[1]}\\x3a" if found[0].endswith(":") else "\\x23"


def printable_lines(text: str) -> str:
    """Return lines, each printable; only what is text of the runner's own has more than one."""
    return "\n".join(map(printable, text.split("\n")))


def json_text(document: str) -> str:
    """Return JSON with the same values and without commands of a CI: ``#`` is in strings only."""
    return document.replace("##", "#\\u0023")


def quote(text: str, most: int = MOST_QUOTED) -> str:
    """Return the text as an ASCII literal of bounded length: no control character survives."""
    return printable(ascii(text if len(text) <= most else text[:most] + "..."))


def csv_cell(text: str) -> str:
    """Return the text as a cell that a spreadsheet does not read as a formula.

    Source: OWASP, CSV injection: an apostrophe goes before a cell that begins like a formula. Signs
    of full width, and the other forms of the same signs, count too.
    """
    line = printable(text)
    first = unicodedata.normalize("NFKC", line.lstrip()[:1])
    return f"'{line}" if first in _FORMULA_SIGNS else line


_FORMULA_SIGNS = ("=", "+", "-", "@", "\N{MINUS SIGN}")


_MARKDOWN = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def markdown_code(text: str) -> str:
    """Return the text as a code span, also in a table: no markup, HTML, link or mention.

    Escaping is not enough: GitHub turns addresses and names into links even when escaped.
    """
    line = printable(text).translate(_MARKDOWN)
    return f"`{line}`" if line.strip() else ""

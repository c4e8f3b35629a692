"""Make text that a participant controls safe to show."""

MOST_QUOTED = 80
"""The most characters of a participant's text that are shown."""


def printable(line: str) -> str:
    """Return a line of a log; unprintable characters are escaped."""
    if line.isprintable():  # most lines end here, which is much faster
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def quote(text: str, most: int = MOST_QUOTED) -> str:
    """Return the text as an ASCII literal of bounded length: no control character survives."""
    return ascii(text if len(text) <= most else text[:most] + "...")


def csv_cell(text: str) -> str:
    """Return the text as a cell that a spreadsheet does not read as a formula.

    Source: OWASP, CSV injection: an apostrophe goes before a cell that begins like a formula.
    """
    line = printable(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


_MARKDOWN = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def markdown_code(text: str) -> str:
    """Return the text as a code span, also in a table: no markup, HTML, link or mention.

    Escaping is not enough: GitHub turns addresses and names into links even when escaped.
    """
    line = printable(text).translate(_MARKDOWN)
    return f"`{line}`" if line.strip() else ""

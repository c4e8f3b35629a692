"""Text that a participant controls, made fit to be shown."""

MOST_QUOTED = 80
"""Characters of a participant's text that are shown at most."""


def printable(line: str) -> str:
    """Return a line of a log with every character that is not printable escaped."""
    if line.isprintable():  # as most are, and it is much faster
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def quote(text: str, most: int = MOST_QUOTED) -> str:
    """Return the text as an ASCII literal of bounded length: no control character survives."""
    return ascii(text if len(text) <= most else text[:most] + "...")


def csv_cell(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection: a cell that begins with one of these is led by an apostrophe.
    """
    line = printable(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


_MARKDOWN = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def markdown_code(text: str) -> str:
    """Return the text as a code span, also in a table: no markup, HTML, link or mention.

    Escapes alone would not do: GitHub makes links of bare addresses and names, escaped or not.
    """
    line = printable(text).translate(_MARKDOWN)
    return f"`{line}`" if line.strip() else ""

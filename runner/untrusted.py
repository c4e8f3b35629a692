"""Text that a participant controls, made fit to be shown."""

MOST_QUOTED = 80
"""Characters of a participant's text that are shown at most."""


def printable(line: str) -> str:
    """Return a line of a log with every character that is not printable escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def quote(text: str, most: int = MOST_QUOTED) -> str:
    """Return the text as an ASCII literal of bounded length: no control character survives."""
    return ascii(text if len(text) <= most else text[:most] + "...")

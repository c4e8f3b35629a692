"""Text that a participant controls, made fit to be shown."""

MOST_QUOTED = 80
"""Characters of a participant's text that are shown at most."""


def quote(text: str) -> str:
    """Return the text as an ASCII literal of bounded length: no control character survives."""
    shown = text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED] + "..."
    return ascii(shown)

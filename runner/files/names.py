"""Names of folders, made from texts that other people chose: images, submitters, suites."""

import hashlib
import string

MOST_LETTERS = 180
"""A file system takes 255 bytes. The rest is for what is added: a time, a number, ``.html``."""

_KEPT = frozenset(string.ascii_letters + string.digits + "._-")
_DIGITS = 8


def safe_name(text: str, replaced: str = "") -> str:
    """Return a text as a part of a folder's name; texts that differ have names that differ.

    A letter that is not kept becomes ``_``. Then the name ends with a digest of the text, and so it
    does where some file systems would take two names for one: capitals, a dot at the end.

    Args:
        replaced: letters that become ``_`` without a digest.
    """
    plain = "".join("_" if letter in replaced else letter for letter in text)
    name = "".join(letter if letter in _KEPT else "_" for letter in plain)
    is_kept = name == plain == plain.lower() and not name.endswith(".")
    return name if is_kept else f"{name}-{_digest(text)}"


def fitting_name(name: str) -> str:
    """Return a name that every file system takes: a long one is cut, and ends with its digest."""
    if len(name) <= MOST_LETTERS:
        return name
    return f"{name[: MOST_LETTERS - _DIGITS - 1]}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]

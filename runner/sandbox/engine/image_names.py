"""Names of images, as Docker allows them. Pure."""

import re

from runner.errors import UsageError
from runner.files.given_paths import why_no_path
from runner.untrusted import quote

_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_NAME = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?")
_LONGEST = 255
"""Characters, without the tag."""

_LONGEST_PROPOSED = 40


def require_image_name(text: str) -> None:
    """Refuse a name that no image can have, with a registry and a tag or without.

    Raises:
        UsageError: it is none; the message has one that is like it.
    """
    if _is_name(text):
        return
    like = text.lower() if _is_name(text.lower()) else image_name_for(text)
    raise UsageError(
        f"{quote(text)}: not a name for an image. A name has lower-case letters and digits, and "
        f"between them one of . _ - and /, e.g. -t {like}"
    )


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and len(text.rpartition(":")[0] or text) <= _LONGEST


def require_reference(text: str) -> None:
    """Refuse what names no image, but another thing to the engine: its address has the text in it.

    Raises:
        UsageError: it is a path, or no text that an address can have.
    """
    if {"", ".", ".."} & set(text.split("/")) or why_no_path(text) or not text.isprintable():
        raise UsageError(
            f"{quote(text)}: not an image's name. Name an image of the engine, or a file of one, "
            "which ends in .tar.gz."
        )


def image_name_for(text: str) -> str:
    """Return a name for an image that is like a text, e.g. like the name of its folder."""
    return re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_PROPOSED] or "predictor"

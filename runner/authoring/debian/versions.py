"""The order of versions of Debian's packages. Pure. Source: deb-version(7)."""

import re

Key = tuple[tuple[tuple[int, ...], int], ...]

_END = ((0,), 0)


def version_key(version: str) -> tuple[int, Key, Key]:
    """Return what orders versions: 1.0~rc1 before 1.0, 9 before 10."""
    epoch, _, rest = version.rpartition(":")
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return int(epoch or 0), _part_key(upstream), _part_key(revision)


def compares(version: str, sign: str, other: str) -> bool:
    """Return whether e.g. 2.36-9 ``>=`` 2.34 holds."""
    one, two = version_key(version), version_key(other)
    if one == two:
        return "=" in sign
    return sign in ("<<", "<=", "<") if one < two else sign in (">>", ">=", ">")


def _part_key(part: str) -> Key:
    """Return the pairs of text and number that a part consists of; a missing one counts as zero."""
    pairs = [
        ((*map(_weight, text), 0), int(number or 0))
        for text, number in re.findall(r"(\D*)(\d*)", part)
    ]
    while pairs and pairs[-1] == _END:
        pairs.pop()
    return (*pairs, _END)


def _weight(character: str) -> int:
    """Return a character's place: a tilde before the end, the end before letters, then others."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256

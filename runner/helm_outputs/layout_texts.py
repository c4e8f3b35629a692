"""Lists of stats in HELM's layout -> the texts of their stats and entries, each distinct one once.

Arrow takes the documents apart, without Python's lock; Python looks only at distinct texts.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, count, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.helm_outputs.documents import Documents

LIST_START, LIST_END = b"[\n  {\n", b"\n  }\n]"
ELEMENT_BORDER = b"\n  },\n  {\n"
STATS_START, STATS_END = b',\n    "stats": [\n      {\n', b"\n      }\n    ]"
STAT_BORDER = b"\n      },\n      {\n"
NO_STATS = b',\n    "stats": []'
LIST_CLOSES = ord("]")  # as a number, which Python finds in a text three times as fast
"""HELM's layout: that of Python's json with an indent of 2."""

Places = npt.NDArray[np.int64]


class OtherLayoutError(Exception):
    """A document is not laid out as HELM does it, or holds more than HELM's fields."""


class Texts(NamedTuple):
    """What stands between the borders of documents.

    Attributes:
        distinct: each text once.
        places: which of these each text is, in order.
        bounds: where the texts of each document begin; at last, how many there are.
    """

    distinct: list[bytes]
    places: Places
    bounds: Places


class Parts(NamedTuple):
    """The stats of documents and the heads of entries: what an entry has before its stats.

    Attributes:
        stats: each text of a stat once: what an object has between its braces.
        stat_places: which of these each stat is, in order.
        bounds: where the stats of each document begin; at last, how many there are.
        heads: each text of a head once.
        head_places: which of these each head is, in order.
        starts: where the stats of each head begin.
    """

    stats: Sequence[bytes]
    stat_places: Places
    bounds: Places
    heads: Sequence[bytes]
    head_places: Places
    starts: Places


_Part = tuple[list[bytes], list[tuple[int, bytes]]]
"""The stats in a text, and its heads, each with how many stats of the text stand before it."""


def split(documents: Documents, border: bytes) -> Texts:
    """Return the texts between the borders. Python's lock is free most of the time."""
    content, bounds = documents
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(content)]
    whole = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(bounds) - 1, buffers)
    lists = pc.split_pattern(whole, border)
    texts = lists.values.dictionary_encode()
    places = texts.indices.to_numpy().astype(np.int64)
    return Texts(texts.dictionary.to_pylist(), places, lists.offsets.to_numpy().astype(np.int64))


def find_stats(texts: Texts) -> Parts:
    """Return the stats of stats.json that were split at ELEMENT_BORDER.

    Raises:
        OtherLayoutError: see there.
    """
    return _find_parts(texts, [], lambda text, _is_first, _is_last: ([text], []))


def find_entries(texts: Texts) -> Parts:
    """Return the stats and heads of per_instance_stats.json that were split at STAT_BORDER.

    Raises:
        OtherLayoutError: see there.
    """
    # Only a text in which a list ends can hold the border of two entries.
    borders = [number for number, text in enumerate(texts.distinct) if LIST_CLOSES in text]
    return _find_parts(texts, borders, _take_apart)


def _find_parts(
    texts: Texts, borders: Sequence[int], take_apart: Callable[[bytes, bool, bool], _Part]
) -> Parts:
    """Return the parts of documents. Nothing is done in Python for each text that is one stat.

    Args:
        borders: which distinct texts are not one stat.
        take_apart: is given a text, and whether a document begins or ends with it.
    """
    ends, places = _number_ends(texts)
    is_used = np.bincount(places, minlength=len(texts.distinct) + len(ends)) > 0
    is_stat = is_used.copy()
    is_stat[[*borders, *range(len(texts.distinct), len(is_used))]] = False
    stats = [texts.distinct[number] for number in np.flatnonzero(is_stat).tolist()]
    others = [(texts.distinct[number], False, False) for number in borders if is_used[number]]
    parts = [take_apart(*text) for text in (*others, *ends)]
    numbers = np.cumsum(is_stat) - 1
    numbers[is_used & ~is_stat] = np.arange(len(stats), len(stats) + len(parts))
    places = numbers[places]

    rows: defaultdict[bytes, int] = defaultdict(count(len(stats)).__next__)
    stat_places, before = _spread(
        places, range(len(stats)), [[rows[stat] for stat in each] for each, _ in parts]
    )
    of_parts = np.flatnonzero(places >= len(stats))
    places_of_parts = places[of_parts] - len(stats)
    head_rows: defaultdict[bytes, int] = defaultdict(count().__next__)
    heads = [[head_rows[head] for _, head in each] for _, each in parts]
    head_places, heads_before = _spread(places_of_parts, [], heads)
    starts, _ = _spread(places_of_parts, [], [[start for start, _ in each] for _, each in parts])
    starts += np.repeat(before[of_parts], np.diff(heads_before))
    return Parts(
        [*stats, *rows], stat_places, before[texts.bounds], [*head_rows], head_places, starts
    )


def _number_ends(texts: Texts) -> tuple[list[tuple[bytes, bool, bool]], Places]:
    """Return the texts at the ends of documents, and places in which they have own numbers.

    Each text is without a list's end, and with whether a document begins or ends with it.
    """
    places = texts.places.copy()
    numbers: dict[tuple[int, bool, bool], int] = {}
    for start, end in pairwise(texts.bounds.tolist()):
        for place in {start, end - 1}:
            key = (int(texts.places[place]), place == start, place == end - 1)
            places[place] = len(texts.distinct) + numbers.setdefault(key, len(numbers))
    ends = [
        (_cut_ends(texts.distinct[number], is_first, is_last), is_first, is_last)
        for number, is_first, is_last in numbers
    ]
    return ends, places


def _cut_ends(text: bytes, is_first: bool, is_last: bool) -> bytes:
    if is_first and not text.startswith(LIST_START):
        raise OtherLayoutError
    text = text[len(LIST_START) :] if is_first else text
    return _cut(text, LIST_END) if is_last else text


def _cut(text: bytes, end: bytes) -> bytes:
    if not text.endswith(end):
        raise OtherLayoutError
    return text[: -len(end)]


def _take_apart(text: bytes, is_first: bool, is_last: bool) -> _Part:
    """Return the parts of a text between two stats of an entry, or between those of two entries."""
    entries = text.split(ELEMENT_BORDER)
    stats: list[bytes] = []
    heads: list[tuple[int, bytes]] = []
    if not is_first:
        stat = entries.pop(0)
        stats.append(_cut(stat, STATS_END) if entries or is_last else stat)
    for number, entry in enumerate(entries, 1):
        is_whole = is_last or number < len(entries)
        head, has_stats, stat = entry.partition(STATS_START)
        heads.append((len(stats), head if has_stats else _cut(head, NO_STATS)))
        if has_stats:
            stats.append(_cut(stat, STATS_END) if is_whole else stat)
        elif not is_whole:
            raise OtherLayoutError
    return stats, heads


def _spread(
    places: Places, ones: Sequence[int], lists: Sequence[Sequence[int]]
) -> tuple[Places, Places]:
    """Return the values at each place, and how many stand before it; at last, how many in all.

    Args:
        places: below the number of ``ones`` those, above it the lists.
    """
    lengths = np.array([1] * len(ones) + list(map(len, lists)), np.int64)
    values = np.array([*ones, *chain.from_iterable(lists)], np.int64)
    counts = lengths[places]
    before = np.concatenate([[0], np.cumsum(counts)])
    shifts = (np.cumsum(lengths) - lengths)[places] - before[:-1]
    return values[np.repeat(shifts, counts) + np.arange(before[-1])], before

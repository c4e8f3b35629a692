"""HELM's lists of stats -> columns, each distinct text of a stat parsed once.

Two thirds of what HELM writes are stats, and most of them it writes again and again, letter by
letter: an instance's number of references, a score of 0 or 1. So their text is taken apart where
HELM's layout has a border between two stats, and equal texts are parsed as one.

Nothing is taken on trust. A layout border holds a line break, which no JSON string can, so it is
one between two objects of a list. And the texts are parsed as JSON all the same: a document that
is laid out in another way, or holds anything else, is left to Polars as a whole.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count, islice

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from runner.helm_outputs.columns import ABSENT, UNFIT, Absent, Cells, flatten
from runner.helm_outputs.json_text import parse, to_text

Columns = dict[str, pl.Series]
"""The columns of a frame by name."""

TYPES = {str: pa.string(), bool: pa.bool_(), int: pa.float64(), float: pa.float64()}
"""Of the values of a stat and of its name."""

LIST_START, LIST_END = b"[\n  {\n", b"\n  }\n]"
ELEMENT_BORDER = b"\n  },\n  {\n"
STATS_START, STATS_END = b',\n    "stats": [\n      {\n', b"\n      }\n    ]"
STAT_BORDER = b"\n      },\n      {\n"
NO_STATS = b',\n    "stats": []'
LIST_CLOSES = ord("]")  # as a number, which Python finds in a text three times as fast
"""HELM's layout: that of Python's json with an indent of 2."""

RowsOfRuns = tuple[Columns, list[int]]
"""Columns with the rows of some runs, one run below the other, and how many rows each has."""


Places = npt.NDArray[np.uint32]
"""In which row each text is."""


class OtherLayoutError(Exception):
    """A document is not laid out as HELM does it, or holds more than HELM's fields."""


def parse_stats(contents: Sequence[bytes]) -> RowsOfRuns:
    """Return the stats of several stats.json.

    Raises:
        OtherLayoutError: see there.
    """
    lists = [_split_list(content, ELEMENT_BORDER) for content in contents]
    stats, places = _parse_distinct(list(chain.from_iterable(lists)))
    columns = _uniform(flatten(stats, "stats."), "stats.name.name")
    return take(columns, places), list(map(len, lists))


def parse_entries(contents: Sequence[bytes]) -> RowsOfRuns:
    """Return the stats of several per_instance_stats.json, beside the fields of their entries.

    Raises:
        OtherLayoutError: see there.
    """
    entries_of_runs = [_split_entries(content) for content in contents]
    entries = list(chain.from_iterable(entries_of_runs))
    counts = [len(stats) for _, stats in entries]
    stats, places = _parse_distinct(list(chain.from_iterable(stats for _, stats in entries)))
    heads, head_places = _parse_distinct([head for head, _ in entries])
    following = iter(counts)
    heights = [sum(islice(following, len(of_run))) for of_run in entries_of_runs]
    prefix = "per_instance_stats."
    of_stats = _uniform(flatten(stats, f"{prefix}stats."), f"{prefix}stats.name.name")
    of_heads = _read_heads(heads, prefix)
    return {
        **take(of_heads, np.repeat(head_places, counts)),
        **take(of_stats, places),
    }, heights


def _read_heads(heads: Sequence[dict[str, object]], prefix: str) -> Columns:
    """Return the fields of entries. MAGNET keeps a perturbation whole: it becomes a JSON text."""
    perturbations = [head.pop("perturbation", ABSENT) for head in heads]
    columns = _uniform(flatten(heads, prefix), f"{prefix}instance_id")
    if columns[f"{prefix}instance_id"].dtype != pl.String:
        raise OtherLayoutError
    kinds = set(map(type, perturbations)) - {Absent}
    if not kinds <= {dict}:
        raise OtherLayoutError
    if kinds:
        texts = [None if each is ABSENT else to_text(each) for each in perturbations]
        columns[f"{prefix}perturbation"] = pl.Series(texts, dtype=pl.Binary)
    return columns


def _split_list(content: bytes, border: bytes) -> list[bytes]:
    """Return the text between a list's ends, taken apart at each border."""
    if not (content.startswith(LIST_START) and content.endswith(LIST_END)):
        raise OtherLayoutError
    texts = content.split(border)  # before its ends are cut off, which would copy it
    texts[0] = texts[0][len(LIST_START) :]
    texts[-1] = texts[-1][: -len(LIST_END)]
    return texts


def _split_entries(content: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Return, of each entry, its text before its stats, and that of each of these."""
    texts = _split_list(content, STAT_BORDER)
    entries: list[list[bytes]] = [[]]
    start = 0
    # Only a text in which a list ends can hold the border of two entries.
    for place in [place for place, text in enumerate(texts) if LIST_CLOSES in text]:
        end_of_entry, *next_entries = texts[place].split(ELEMENT_BORDER)
        entries[-1] += [*texts[start:place], end_of_entry]
        entries += ([text] for text in next_entries)
        start = place + 1
    entries[-1] += texts[start:]
    return [_split_entry(texts_of_entry) for texts_of_entry in entries]


def _split_entry(texts: list[bytes]) -> tuple[bytes, list[bytes]]:
    """Return what ``_split_entries`` does of one entry, already taken apart between its stats."""
    head, stats_start, first = texts[0].partition(STATS_START)
    if not stats_start and len(texts) == 1 and head.endswith(NO_STATS):
        return head.removesuffix(NO_STATS), []
    texts[0] = first
    if not texts[-1].endswith(STATS_END):
        raise OtherLayoutError
    texts[-1] = texts[-1][: -len(STATS_END)]
    return head, texts


def _parse_distinct(texts: Sequence[bytes]) -> tuple[list[dict[str, object]], Places]:
    """Return the object of each distinct text, and which of them every text is.

    Args:
        texts: what objects have between their braces.
    """
    rows: defaultdict[bytes, int] = defaultdict(count().__next__)
    places = np.fromiter(map(rows.__getitem__, texts), np.uint32, len(texts))
    inside = b"},{".join(rows)
    try:
        objects: list[dict[str, object]] = parse(b"".join([b"[{", inside, b"}]"]))
    except (ValueError, RecursionError) as error:
        raise OtherLayoutError from error
    # With no list in it, and as many objects as texts, the document has an object for each text.
    if b"[" in inside or len(objects) != max(1, len(rows)):
        raise OtherLayoutError
    return objects, places


def _uniform(columns: dict[str, Cells], key: str) -> Columns:
    """Return the columns, if every run's have the types that those of all have.

    Args:
        key: a column that every row has.
    """
    uniform = {}
    for name, cells in columns.items():
        kinds = set(map(type, cells)) - {Absent}
        types = {TYPES.get(kind) for kind in kinds}
        if len(types) != 1 or None in types:
            raise OtherLayoutError
        try:
            values = [None if cell is ABSENT else cell for cell in cells]
            uniform[name] = pl.Series(name, pa.array(values, types.pop()))
        except UNFIT as error:
            raise OtherLayoutError from error
    if key not in uniform or uniform[key].has_nulls():
        raise OtherLayoutError
    return uniform


def as_integers(column: pl.Series) -> pl.Series:
    """Return floats as integers if all are whole; any other column as it is."""
    if column.dtype != pl.Float64:
        return column
    integers = column.cast(pl.Int64, strict=False)
    return integers if integers.cast(pl.Float64).equals(column) else column


def take(columns: Columns, places: Places) -> Columns:
    """Return the columns with these of their rows."""
    # Not by gather, of which each call costs as much as a file: Polars makes a query of it.
    indices = pl.Series(places)
    return {name: column[indices].alias(name) for name, column in columns.items()}

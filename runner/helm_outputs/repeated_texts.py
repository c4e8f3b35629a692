"""HELM's lists of stats -> columns, each distinct text of a stat parsed once.

Two thirds of what HELM writes are stats, and most of them it writes again and again, letter by
letter: an instance's number of references, a score of 0 or 1. So their text is taken apart where
HELM's layout has a border between two stats, and equal texts are parsed as one.

Nothing is taken on trust. A layout border holds a line break, which no JSON string can, so it is
one between two objects of a list. And the texts are parsed as JSON all the same: a document that
is laid out in another way, or holds anything else, is left to Polars as a whole.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count, islice

import numpy as np
import numpy.typing as npt
import polars as pl

from runner.helm_outputs.documents import (
    Columns,
    PolarsType,
    flatten,
    is_named,
)

PERTURBATION = pl.Struct(
    {
        "name": pl.String,
        "robustness": pl.Boolean,
        "fairness": pl.Boolean,
        "computed_on": pl.String,
    }
)
"""What every perturbation has. The parameters of each kind stand beside it."""

OPTIONAL = ("sub_split", "perturbation")
"""Fields that are left out of most documents: reading their nulls would take time."""

STAT_VALUES = ("count", "sum", "sum_squared", "min", "max", "mean", "variance", "stddev")

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
    texts = list(chain.from_iterable(lists))
    rows, places = _parse_distinct(texts, stat_fields(PERTURBATION), "name")
    return take(flatten(rows, "stats."), places), list(map(len, lists))


def parse_entries(contents: Sequence[bytes], perturbation: PolarsType) -> RowsOfRuns:
    """Return the stats of several per_instance_stats.json, beside the fields of their entries.

    Args:
        contents: of the files.
        perturbation: its type, of entries and of stats.

    Raises:
        OtherLayoutError: see there.
    """
    entries_of_runs = [_split_entries(content) for content in contents]
    entries = list(chain.from_iterable(entries_of_runs))
    texts = list(chain.from_iterable(stats for _, stats in entries))
    counts = [len(stats) for _, stats in entries]
    stats, places = _parse_distinct(texts, stat_fields(perturbation), "name")
    heads, head_places = _parse_distinct(
        [head for head, _ in entries], entry_fields(perturbation), "instance_id"
    )
    heads.columns = [f"per_instance_stats.{name}" for name in heads.columns]
    following = iter(counts)
    heights = [sum(islice(following, len(of_run))) for of_run in entries_of_runs]
    return {
        **take(heads.to_dict(), np.repeat(head_places, counts)),
        **take(flatten(stats, "per_instance_stats.stats."), places),
    }, heights


def stat_fields(perturbation: PolarsType) -> dict[str, PolarsType]:
    """Return the fields of a stat whose perturbation, if it has one, is of this type."""
    name = {
        "name": pl.String,
        "split": pl.String,
        "sub_split": pl.String,
        "perturbation": perturbation,
    }
    return {"name": pl.Struct(name), **dict.fromkeys(STAT_VALUES, pl.Float64)}


def entry_fields(perturbation: PolarsType) -> dict[str, PolarsType]:
    """Return the fields of an entry of per_instance_stats.json besides its stats."""
    return {
        "instance_id": pl.String,
        "perturbation": perturbation,
        "train_trial_index": pl.Float64,
    }


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


def _parse_distinct(
    texts: Sequence[bytes], fields: Mapping[str, PolarsType], key: str
) -> tuple[pl.DataFrame, Places]:
    """Return a row for each distinct text, and the row of every text.

    Args:
        texts: what objects have between their braces.
        fields: with their types; Polars refuses what an object has besides.
        key: a field that every object has.
    """
    rows: defaultdict[bytes, int] = defaultdict(count().__next__)
    places = np.fromiter(map(rows.__getitem__, texts), np.uint32, len(texts))
    inside = b"},{".join(rows)
    absent = {name for name in OPTIONAL if not is_named(name, inside)}
    types = {name: _without(dtype, absent) for name, dtype in fields.items() if name not in absent}
    # Polars takes the names from the first object.
    names = json.dumps(dict.fromkeys(types)).encode()
    try:
        document = b"".join([b"[", names, b",{", inside, b"}]"])
        frame = pl.read_json(document, schema_overrides=types, infer_schema_length=1)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise OtherLayoutError from error
    frame = frame.slice(1)
    # With no list in it, and as many objects as texts, the document has an object for each text.
    if b"[" in inside or frame.height != len(rows) or frame[key].has_nulls():
        raise OtherLayoutError
    return frame, places


def _without(dtype: PolarsType, absent: Collection[str]) -> PolarsType:
    if isinstance(dtype, pl.Struct):
        fields = {name: _without(field, absent) for name, field in dtype if name not in absent}
        return pl.Struct(fields)
    return dtype


def take(columns: Columns, places: Places) -> Columns:
    """Return the columns with these of their rows."""
    # Not by gather, of which each call costs as much as a file: Polars makes a query of it.
    indices = pl.Series(places)
    return {name: column[indices] for name, column in columns.items()}

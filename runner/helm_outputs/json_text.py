"""What HELM leaves to its users (``Any``, ``Dict``), kept as one canonical JSON text.

Arrow needs one type for a column, and a field for each key. ``args``, annotations and tokens keyed
by their text have neither: so they are kept as they are, with sorted keys and no spaces.
"""

import json
from typing import Any

import orjson
import polars as pl

JSON = pl.Binary()
"""The type of a column or field whose cells are JSON texts. Nothing else of HELM's is binary."""


def parse(content: bytes | memoryview) -> Any:
    """Return a document as Python's json reads it, null for a NaN or an infinity.

    Raises:
        ValueError, RecursionError: it is no JSON, or nested too deep.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Python's json, which HELM writes with, has NaN, Infinity and lone surrogates.
        return json.loads(bytes(content), parse_constant=lambda _: None)


def to_helms_text(value: Any) -> bytes:
    """Return the JSON text of a value as HELM lays it out: with an indent of 2."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError:
        return json.dumps(value, indent=2).encode()


def to_text(value: Any) -> bytes:
    """Return the canonical JSON text of a value: equal values of equal types give equal bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # An integer beyond 64 bits, a lone surrogate, or more than 254 levels.
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

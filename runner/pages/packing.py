"""Rows as JSON for a page's script, in a third of their size."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.untrusted import printable


def short(value: float | None) -> float | None:
    """Return a number with the digits that a page shows; a board has tens of thousands of them."""
    return None if value is None else float(f"{value:.6g}")


def pack(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows as columns, each text printable and stored once; ``unpack`` reads them.

    Args:
        rows: at least one; all with the same keys.
    """
    packed: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if any(isinstance(value, str) for value in values):
            place = {text: number for number, text in enumerate(dict.fromkeys(values))}
            texts = [None if text is None else printable(text) for text in place]
            packed[name] = {"texts": texts, "rows": [place[value] for value in values]}
        else:
            packed[name] = {"rows": values}
    return packed

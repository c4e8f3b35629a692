"""Builds evaluation cards for tests."""

import json
from pathlib import Path
from typing import Any

CARD: dict[str, Any] = {
    "title": "a claim",
    "description": "about x",
    "version": 1.0,
    "organizations": ["us"],
    "submitter": {"name": "we", "email": "we@example.org"},
    "tags": [],
    "links": [],
    "claim": {"python": "assert x > 0"},
    "symbols": {"x": {"type": "int", "value": 1}},
}

NODE: dict[str, Any] = {
    "executable": "python3 node.py",
    "out_paths": {"results_fpath": "results.json"},
}


def card_fields(**changes: Any) -> dict[str, Any]:
    """Return a card's fields; one that is changed to None is left out."""
    return {key: value for key, value in {**CARD, **changes}.items() if value is not None}


def write_card(folder: Path, **changes: Any) -> Path:
    """Write a card, one line per field: JSON is YAML."""
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in card_fields(**changes).items()]
    path = folder / "card.yaml"
    path.write_text("".join(lines))
    return path

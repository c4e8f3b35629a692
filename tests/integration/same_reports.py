"""Reports without what may differ between two of the same evaluation."""

import json
from pathlib import Path
from typing import Any

TIMES = {
    "created",
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_bytes",
    "is_sampled",
    "forecast",
    "sandbox",
}
"""What may differ between two reports of the same evaluation; the attestation has the names that a
case's volumes had on the engine."""


def without_times(document: Any) -> Any:
    """Return the report without what may differ from run to run."""
    if isinstance(document, dict):
        return {key: without_times(value) for key, value in document.items() if key not in TIMES}
    if isinstance(document, list):
        return [without_times(value) for value in document]
    return document


def report(out: Path, image: str = "train_mean") -> Any:
    return without_times(json.loads((out / image / "report.json").read_text()))

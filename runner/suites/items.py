"""Items: what HELM scores one by one, an instance or a perturbed copy of it, in one trial.

A hash stands for each text, so that items of different runs can be compared and take few bytes.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.common_types import plain_rows

STATES = "scenario_state.request_states."
PERTURBATION = f"{STATES}instance.perturbation."
INPUT = (f"{STATES}instance.input", f"{STATES}instance.contrast_inputs")
PROMPT = tuple(f"{STATES}request.{name}" for name in ("prompt", "messages", "multimodal_prompt"))
DESCRIBING = (
    *PROMPT,
    *INPUT,
    PERTURBATION,
    STATE_INSTANCE_ID,
    f"{STATES}instance.split",
    f"{STATES}instance.sub_split",
    f"{STATES}instance.references",
    f"{STATES}train_trial_index",
)
"""Columns that an item is described by: these, and those whose names begin so."""

ITEM_KEY = ("instance_id", "trial", "perturbation")
"""Tells the items of a run apart."""

ITEM_SCHEMA = {
    "instance_id": pl.String,
    "trial": pl.Int64,
    "perturbation": pl.String,
    "split": pl.String,
    "sub_split": pl.String,
    "prompt": pl.UInt64,
    "input": pl.UInt64,
    "references": pl.UInt64,
}

Place = tuple[str, int, str]
"""The values of ITEM_KEY."""


def describe_items(states: pl.DataFrame) -> pl.DataFrame:
    """Return what a run's items are.

    Args:
        states: of the run, whole or as they are revealed.

    Returns:
        (items, ITEM_SCHEMA): ``perturbation`` as ``perturbation_text`` gives it, ``prompt``,
        ``input`` and ``references`` are hashes, null where the states don't show it. Texts of
        references count, not their order or their tags.
    """
    if STATE_INSTANCE_ID not in states.columns:
        return pl.DataFrame(schema=ITEM_SCHEMA)
    shown = states[[name for name in states.columns if name.startswith(DESCRIBING)]]
    of_prompt, of_input = (
        sorted(name for name in shown.columns if name.startswith(names))
        for names in (PROMPT, INPUT)
    )
    rows: dict[Place, list[dict[str, Any]]] = {}
    for row in plain_rows(shown):
        rows.setdefault(item_place(row), []).append(row)
    prompts = {place: _values(states, of_prompt) for place, states in rows.items()}
    instances = Counter(text for text, _ in {(prompts[place], place[0]) for place in rows})
    described = [
        (
            *place,
            *_description(
                states[0],
                _telling(prompts[place], place[0], instances),
                _values(states[:1], of_input),
            ),
        )
        for place, states in rows.items()
    ]
    return pl.DataFrame(described, schema=ITEM_SCHEMA, orient="row")


def _telling(prompt: str | None, instance_id: str, instances: Mapping[str | None, int]) -> str:
    """Return the prompt; where several instances share it, with the id, so that it tells them."""
    if prompt is None or instances[prompt] == 1:
        return prompt or ""
    return f"{prompt} {instance_id}"


def _description(first: Mapping[str, Any], prompt: str, given: str | None) -> tuple[Any, ...]:
    references = [reference_text(each) for each in first.get(f"{STATES}instance.references") or ()]
    return (
        first.get(f"{STATES}instance.split"),
        first.get(f"{STATES}instance.sub_split"),
        *(hash_text(text) if text else None for text in (prompt, given)),
        hash_text(json.dumps(sorted(references))) if references else None,
    )


def _values(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str | None:
    """Return the values of columns as one text; None if there are none."""
    values = [row[name] for row in rows for name in names if row[name] is not None]
    return json.dumps(values, default=str) if values else None


def item_place(row: Mapping[str, Any]) -> Place:
    """Return the item that a row of scenario_states is of."""
    return (
        str(row[STATE_INSTANCE_ID]),
        row.get(f"{STATES}train_trial_index") or 0,
        perturbation_text(
            {
                name.removeprefix(PERTURBATION): value
                for name, value in row.items()
                if value is not None and name.startswith(PERTURBATION)
            }
        ),
    )


def perturbation_text(perturbation: Mapping[str, Any] | None) -> str:
    """Return a perturbation as text, without what a stat is computed on; empty for none."""
    values = {
        name: _as_float(value) if type(value) is int else value
        for name, value in (perturbation or {}).items()
        if name != "computed_on"
    }
    return json.dumps(values, sort_keys=True, default=str) if values else ""


def _as_float(number: int) -> float | int:
    try:
        return float(number)
    except OverflowError:  # it can't stand as a float elsewhere
        return number


def reference_text(reference: Mapping[str, Any]) -> str:
    """Return the text of a reference, whose output HELM of 2022 wrote as plain text.

    Empty for one of images and sounds alone.
    """
    output = reference.get("output") or {}
    return output if isinstance(output, str) else str(output.get("text") or "")


def hash_text(text: str) -> int:
    """Return 64 bits that stand for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())

"""Which predicted key was probably meant for a target that nobody predicted, and how they differ.

Both sides may be hostile in size, so all work is bounded.
"""

import json
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from runner.contract.layout import PREDICTED_PREFIX
from runner.contract.stat import MetricName
from runner.untrusted import quote

MOST_DIFFERENCES = 2
"""Keys that differ in more fields than these are not mistaken for each other."""

LEAST_SIMILARITY = 0.6
_COMPARED_CHARACTERS = 100  # comparing texts takes the square of their length
_COMPARED_KEYS = 20

_BY_LIKENESS = ("run", "instance", "name")
"""Fields whose values must be alike: another stat's name is no misspelling."""

Key = Mapping[str, Any]
"""The fields of a key by name, e.g. ``split`` or ``perturbation.prob``."""


def key_fields(run_name: str, name: MetricName, **others: Any) -> Key:
    """Return the fields of a key; an absent field is not in it."""
    fields: dict[str, Any] = {"run": run_name, **others, "name": name.name}
    fields |= {"split": name.split, "sub_split": name.sub_split}
    for field, value in (name.perturbation or {}).items():
        fields[f"perturbation.{field}"] = value
    return {field: value for field, value in fields.items() if value is not None}


def nearest(wanted: Key, candidates: Sequence[Key]) -> int | None:
    """Return the position of the key that was probably meant as the wanted one, or None."""
    differences = [(len(differing_fields(wanted, key)), at) for at, key in enumerate(candidates)]
    near = sorted(pair for pair in differences if pair[0] <= MOST_DIFFERENCES)[:_COMPARED_KEYS]
    return next((at for _, at in near if _alike(wanted, candidates[at])), None)


def differing_fields(wanted: Key, found: Key) -> list[str]:
    """Return the fields in which two keys differ; a perturbation that one lacks counts once."""
    fields = [
        field
        for field in (*wanted, *(field for field in found if field not in wanted))
        if not _same(wanted.get(field), found.get(field))
    ]
    if _is_perturbed(wanted) != _is_perturbed(found):
        others = [field for field in fields if not field.startswith("perturbation.")]
        return [*others, "perturbation"]
    return fields


def describe_difference(wanted: Key, found: Key) -> str:
    """Return e.g. ``did you mean split 'test', not 'tset'?``."""
    return (
        "did you mean "
        + " and ".join(
            _describe_field(field, wanted, found) for field in differing_fields(wanted, found)
        )
        + "?"
    )


def close_word(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that was probably meant."""
    found = get_close_matches(word[:_COMPARED_CHARACTERS], known, n=1, cutoff=LEAST_SIMILARITY)
    return found[0] if found else None


def _describe_field(field: str, wanted: Key, found: Key) -> str:
    if field == "perturbation":
        return "it with a perturbation" if _is_perturbed(wanted) else "it without a perturbation"
    if field not in wanted:
        return f"no {quote(field)[1:-1]}, where it has {_shown(found[field])}"
    there = f"not {_shown(found[field])}" if field in found else "which it lacks"
    return f"{field} {_shown(wanted[field])}, {there}"


def _shown(value: Any) -> str:
    return quote(value) if isinstance(value, str) else quote(json.dumps(value))[1:-1]


def _is_perturbed(key: Key) -> bool:
    return any(field.startswith("perturbation.") for field in key)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _alike(wanted: Key, found: Key) -> bool:
    """Return whether the fields that can be misspelt are equal or similar."""
    return all(
        _is_misspelling(str(wanted[field]), str(found[field]))
        for field in _BY_LIKENESS
        if field in wanted and not _same(wanted[field], found.get(field))
    )


def _is_misspelling(wanted: str, found: str) -> bool:
    if wanted == PREDICTED_PREFIX + found:
        return True
    matcher = SequenceMatcher(None, wanted[:_COMPARED_CHARACTERS], found[:_COMPARED_CHARACTERS])
    return matcher.quick_ratio() >= LEAST_SIMILARITY and matcher.ratio() >= LEAST_SIMILARITY

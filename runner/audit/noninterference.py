"""Non-interference: what is shown of an eval run stays the same when only the withheld changes.

The run's HELM files are written again with every withheld value replaced, and the eval side is
made from both. It knows nothing of how that is done: a difference is a leak, wherever it is.

A file of which nothing is shown is left out instead. What is the same without it can tell nothing
of it: that proves more than what is the same with other values in it.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from runner.audit.leak import Leak
from runner.helm_outputs.column_names import STATES
from runner.helm_outputs.documents import read_file
from runner.helm_outputs.json_text import parse, to_helms_text, to_text
from runner.helm_outputs.runs import RUN_SPEC, SCENARIO_STATE, STATS, RunDirectory
from runner.helm_outputs.states import state_pieces
from runner.suites.revealed import Revealed

SHOWN_INSTANCE = {"id", "split", "sub_split", "perturbation"}
SHOWN_WITH_GOLD = {"extra_data", "contrast_inputs", "contrast_references"}
SHOWN_STATE = {
    "train_trial_index",
    "reference_index",
    "request_mode",
    "num_train_instances",
    "prompt_truncated",
    "num_conditioning_tokens",
}
SHOWN_RESULT = {
    "success",
    "embedding",
    "completions",
    "cached",
    "request_time",
    "request_datetime",
    "error",
    "error_flags",
}
"""Members of HELM's JSON that may be shown; all others are replaced. Stated apart from the columns
that are revealed, so that a mistake in either is found."""


@dataclass(frozen=True)
class Shown:
    """What is shown of an eval run.

    Attributes:
        frames: by file below ``/input``.
        revealed_ids: of the instances that are revealed.
    """

    run: RunDirectory
    frames: Mapping[str, pl.DataFrame]
    revealed_ids: Collection[str]


def find_interference(
    shown: Sequence[Shown],
    revealed: Revealed,
    hidden_files: Collection[str],
    make_frames: Callable[[Sequence[RunDirectory]], Sequence[Mapping[str, pl.DataFrame]]],
    scratch: Path,
) -> list[list[Leak]]:
    """Return by eval run what is shown of it and depends on a withheld value.

    Args:
        hidden_files: those of RUN_FILES of which nothing is shown.
        make_frames: makes the same frames of changed runs, with the same draws.
        scratch: a directory for the changed runs; gone afterwards is the caller's to see to.
    """
    changed = make_frames(
        [
            write_changed_run(each, revealed, hidden_files, scratch / str(number))
            for number, each in enumerate(shown)
        ]
    )
    return [_compare(*pair) for pair in zip(shown, changed, strict=True)]


def _compare(shown: Shown, changed: Mapping[str, pl.DataFrame]) -> list[Leak]:
    leaks, run = [], shown.run
    for file, one in shown.frames.items():
        other = changed[file]
        if one.schema != other.schema:
            columns = sorted(
                set(one.schema.items()) ^ set(other.schema.items()), key=lambda item: item[0]
            )
            leaks.append(_leak(run, file, columns[0][0] if columns else ""))
        elif not one.equals(other):
            unequal = [name for name in one.columns if not one[name].equals(other[name])]
            leaks.append(_leak(run, file, unequal[0] if one.height == other.height else ""))
    return leaks


def _leak(run: RunDirectory, file: str, column: str) -> Leak:
    return Leak(
        kind="value",
        case=run.name,
        file=file,
        column=column,
        what="it changes when only withheld values are changed",
        advice="This is a fault of the runner: please report it, and don't use the suite",
    )


def write_changed_run(
    shown: Shown, revealed: Revealed, hidden_files: Collection[str], path: Path
) -> RunDirectory:
    """Return the run written again with every withheld value replaced by another of its type.

    Args:
        hidden_files: those that it lacks.
        path: where it will be.
    """
    run = shown.run
    rng = random.Random(run.name)  # noqa: S311
    path.mkdir()
    ids = set(shown.revealed_ids)
    files = tuple(name for name in run.files if name not in hidden_files)
    for name in files:
        content = read_file(run.path / name)
        if name == RUN_SPEC:
            (path / name).write_bytes(content)  # whose order of keys is that of the columns
            continue
        with (path / name).open("wb") as file:
            if name == SCENARIO_STATE:
                _write_changed_states(
                    file, content, lambda state: _changed_state(state, ids, revealed, rng)
                )
            elif name == STATS:
                _write_list(file, parse(content), lambda stat: _changed_stat(stat, rng))
            else:
                scored = {str(each) for each in ids} if revealed.scores else set()
                _write_list(file, parse(content), partial(_changed_entry, scored, rng))
    return replace(run, path=path, files=files)


def _write_changed_states(
    file: BinaryIO, content: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Write scenario_state.json with its request states changed, one by one."""
    document = {}
    file.write(b'{"request_states":[')
    is_first = True
    for name, value in state_pieces(content):
        if name == STATES:
            file.write(b"" if is_first else b",")
            file.write(to_text(change(value)))
            is_first = False
        else:
            document[name] = value
    file.write(b"]," + to_text(document)[1:] if document else b"]}")


def _write_list(file: BinaryIO, items: list[Any], change: Callable[[Any], Any]) -> None:
    """Write the items as they are changed. Each is forgotten then, to need less memory.

    In HELM's layout: so it is read in the same way as HELM's.
    """
    for number, item in enumerate(items):
        file.write(b",\n  " if number else b"[\n  ")
        file.write(to_helms_text(change(item)).replace(b"\n", b"\n  "))  # none is within a text
        items[number] = None
    file.write(b"\n]" if items else b"[]")


def _changed_entry(
    scored: Collection[str], rng: random.Random, entry: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an instance's stats, changed unless they are revealed."""
    if str(entry.get("instance_id")) in scored:
        return dict(entry)
    return {**entry, "stats": [_changed_stat(stat, rng) for stat in entry.get("stats") or ()]}


def _changed_stat(stat: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the stat with other values; which stats were computed is no secret of a target."""
    # Some hundred values of every instance: the usual number does not take the long way.
    return {
        key: value
        if key in ("name", "count") or (key == "mean" and value is None)
        else rng.random() + 2
        if type(value) in (float, int, type(None))  # a NaN is read as a null
        else _changed(value, rng)
        for key, value in stat.items()
    }


def _changed_state(
    state: Mapping[str, Any], revealed_ids: Collection[str], revealed: Revealed, rng: random.Random
) -> dict[str, Any]:
    instance = state.get("instance") or {}
    if instance.get("id") not in revealed_ids:
        kept = {key: value for key, value in instance.items() if key in ("id", "split")}
        rest = {key: value for key, value in state.items() if key != "instance"}
        return {**_changed(rest, rng), "instance": kept, "odd": _changed("?", rng)}
    shown_instance = SHOWN_INSTANCE | ({"input"} if revealed.prompts else set())
    shown_instance |= SHOWN_WITH_GOLD if revealed.gold else set()
    changed = _change_others(state, SHOWN_STATE | {"instance"}, rng)
    changed["instance"] = _change_others(instance, shown_instance | {"references"}, rng)
    if "references" in instance:
        references = _references(instance["references"] or [], revealed, rng)
        changed["instance"]["references"] = references
    if revealed.prompts and "request" in state:
        changed["request"] = state["request"]
    if revealed.references and "output_mapping" in state:
        changed["output_mapping"] = state["output_mapping"]
    if revealed.completions and "result" in state:
        changed["result"] = _change_others(state["result"] or {}, SHOWN_RESULT, rng)
    return changed


def _references(
    references: list[dict[str, Any]], revealed: Revealed, rng: random.Random
) -> list[dict[str, Any]]:
    """Return the references, if hidden others, and if gold is hidden with another correct one."""
    if not revealed.references:
        return [_changed(reference, rng) for reference in references]
    if revealed.gold or len(references) < 2:  # noqa: PLR2004
        return references
    correct = ["correct" in (reference.get("tags") or ()) for reference in references]
    if all(correct):
        return [_changed(reference, rng) for reference in references]
    turned = references[1:] + references[:1]
    return [
        {**reference, "tags": ["correct"]} if is_correct else _untagged(reference)
        for reference, is_correct in zip(turned, correct, strict=True)
    ]


def _untagged(reference: dict[str, Any]) -> dict[str, Any]:
    return {**reference, "tags": []} if "tags" in reference else reference


def _change_others(
    members: Mapping[str, Any], shown: Collection[str], rng: random.Random
) -> dict[str, Any]:
    return {key: value if key in shown else _changed(value, rng) for key, value in members.items()}


def _changed(value: Any, rng: random.Random) -> Any:
    """Return another value of the same type; members keep their names."""
    kind = type(value)
    if kind is str:
        return f"{rng.getrandbits(48):012x}"
    if kind is dict:
        return {key: _changed(inner, rng) for key, inner in value.items()}
    if kind is list:
        return [_changed(inner, rng) for inner in value]
    if kind is bool:
        return not value
    return rng.random() + 2 if value is not None else "was null"

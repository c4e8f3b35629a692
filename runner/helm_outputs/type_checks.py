"""Refuses a run if what the runner itself reads of it has not HELM's types.

Other fields may have any type: a predictor gets them as they are.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from runner.errors import SuiteError
from runner.helm_outputs.common_types import plain_cells
from runner.helm_outputs.file_checks import NOT_HELMS
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

OBJECTS = ("run_spec.scenario_spec", "run_spec.scenario_spec.args", "run_spec.adapter_spec")
TEXTS = (
    "run_spec.scenario_spec.class_name",
    "run_spec.adapter_spec.model",
    "run_spec.adapter_spec.model_deployment",
)
NUMBERS = ("mean", "stddev", "variance", "sum", "sum_squared", "min", "max", "count")
STATES = "scenario_state.request_states."
OBJECTS_OF_STATES = tuple(f"{STATES}{name}" for name in ("result", "request", "output_mapping"))
LETTERS = f"{STATES}output_mapping."
PATTERN = "scenario_state.adapter_spec.output_mapping_pattern"

LOGPROBS = frozenset({pl.Float64, pl.Null})

READ_TOGETHER = 64
"""Cells: with all of their tokens they take many times their memory as Python's objects."""

IsRight = Callable[[pl.Series], bool]


def check_types(run: RunDirectory, frames: RunFrames) -> None:
    """Raise an error for the first column of a wrong type.

    Raises:
        SuiteError: names the file, the column, and what is expected.
    """
    spec, states = frames.run_specs, frames.scenario_states
    for name in OBJECTS:
        _check(run, RUN_SPEC, spec, name, _is_object, "an object")
    for name in OBJECTS_OF_STATES:
        _check(run, SCENARIO_STATE, states, name, _is_object, "an object")
    for name in TEXTS:
        _check(run, RUN_SPEC, spec, name, _is_text, "a text")
    for name in (f"{STATES}instance.split", f"{STATES}instance.sub_split"):
        _check(run, SCENARIO_STATE, states, name, _has_only_texts, "a text")
    for name in states.columns:
        if name.startswith(LETTERS):
            _check(run, SCENARIO_STATE, states, name, _is_choice, "a text by its letter")
    _check(run, SCENARIO_STATE, states, PATTERN, _is_pattern, "a regular expression")
    completions, references = f"{STATES}result.completions", f"{STATES}instance.references"
    what = "a list of objects, with a text, and numbers as logprobs"
    _check(run, SCENARIO_STATE, states, completions, _has_texts, what)
    what = "a list of objects, with an output and a list of tags"
    _check(run, SCENARIO_STATE, states, references, _has_outputs, what)
    for file, frame, name in (
        (SCENARIO_STATE, states, f"{STATES}train_trial_index"),
        (SCENARIO_STATE, states, f"{STATES}reference_index"),
        (PER_INSTANCE_STATS, frames.per_instance_stats, "per_instance_stats.train_trial_index"),
    ):
        _check(run, file, frame, name, _is_whole_number, "a whole number")
    for file, frame, prefix in (
        (STATS, frames.stats, "stats."),
        (PER_INSTANCE_STATS, frames.per_instance_stats, "per_instance_stats.stats."),
    ):
        name = f"{prefix}name.name"
        named = frame if name in frame.columns else frame.with_columns(pl.lit(None).alias(name))
        _check(run, file, named, name, _is_text_everywhere, "a text")
        for name in NUMBERS:
            _check(run, file, frame, f"{prefix}{name}", _is_number, "a number")


def _check(
    run: RunDirectory, file: str, frame: pl.DataFrame, name: str, is_right: IsRight, expected: str
) -> None:
    if name in frame.columns and not is_right(frame[name]):
        field = name.removeprefix("run_spec.").removeprefix("scenario_state.")
        raise SuiteError(f"{run.path / file}: {NOT_HELMS} ({field} should be {expected})")


def _is_object(column: pl.Series) -> bool:
    return column.null_count() == len(column)  # an object has become columns of its own


def _is_text(column: pl.Series) -> bool:
    return column.dtype in {pl.String, pl.Null}


def _is_choice(column: pl.Series) -> bool:
    return "." not in column.name.removeprefix(LETTERS) and _has_only_texts(column)


def _has_only_texts(column: pl.Series) -> bool:
    """Return whether cells are texts, also where one has a lone surrogate."""
    if _is_text(column) or column.dtype.is_nested():
        return _is_text(column)
    return all(isinstance(cell, str | None) for cell in plain_cells(column.unique()))


def _is_pattern(column: pl.Series) -> bool:
    if not _is_text(column):
        return False
    try:
        list(map(re.compile, column.drop_nulls().unique()))
    except re.error:
        return False
    return True


def _is_text_everywhere(column: pl.Series) -> bool:
    return column.is_empty() or (column.dtype == pl.String and column.null_count() == 0)


def _is_whole_number(column: pl.Series) -> bool:
    # Polars cuts fractions off.
    return _is_number(column) and column.cast(pl.Int64, strict=False).equals(column)


def _is_number(column: pl.Series) -> bool:
    return column.dtype.is_numeric() or column.dtype == pl.Null


def _has_texts(column: pl.Series) -> bool:
    fields = _fields(column.dtype)
    tokens = fields.get("tokens", pl.Null)
    if _is_scored_text(fields) and (tokens == pl.Null or _is_scored_text(_fields(tokens))):
        return not _has_null_items(column)
    parts = (
        column[start : start + READ_TOGETHER] for start in range(0, len(column), READ_TOGETHER)
    )
    return all(_is_list_of(cell, _is_completion) for part in parts for cell in plain_cells(part))


def _has_outputs(column: pl.Series) -> bool:
    fields = _fields(column.dtype)
    output, tags = fields.get("output"), fields.get("tags")
    is_plain = output == pl.String or (
        isinstance(output, pl.Struct) and output.to_schema().get("text") == pl.String
    )
    if is_plain and tags in {pl.List(pl.String), pl.List(pl.Null)}:
        return not _has_null_items(column)
    return all(_is_list_of(cell, _is_reference) for cell in plain_cells(column))


def _fields(dtype: Any) -> Mapping[str, Any]:
    """Return the fields of the objects in lists of this type; none if it is another."""
    item = dtype.inner if isinstance(dtype, pl.List) else None
    return item.to_schema() if isinstance(item, pl.Struct) else {}


def _is_scored_text(fields: Mapping[str, Any]) -> bool:
    return fields.get("text") == pl.String and fields.get("logprob", pl.Null) in LOGPROBS


def _has_null_items(column: pl.Series) -> bool:
    return bool(column.list.eval(pl.element().is_null()).list.any().any())


def _is_list_of(cell: Any, is_right: Callable[[Any], bool]) -> bool:
    return cell is None or (isinstance(cell, list) and all(map(is_right, cell)))


def _is_completion(item: Any) -> bool:
    return _is_scored(item) and _is_list_of(item.get("tokens"), _is_scored)


def _is_scored(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("text"), str | None)
        and (item.get("logprob") is None or type(item["logprob"]) in {int, float})
    )


def _is_reference(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("tags"), list | None):
        return False
    output = item.get("output")
    text = output.get("text") if isinstance(output, dict) else output
    return isinstance(text, str | None) and (output is None or isinstance(output, dict | str))

"""A case's inputs, and its actuals, as a further run sees them. Pure."""

import hashlib
import io
import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import layout
from runner.evaluation.changed_names import rename_instances, rename_runs
from runner.evaluation.input_changes import BLANKED, SHUFFLED, InputChange
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.suites.parts import to_parquet
from runner.suites.staged_files import EVAL_FILES, STAGED_FILES
from runner.suites.staging import StagedInputs

ID_COLUMNS = (STATE_INSTANCE_ID, layout.INSTANCE_ID)


def change_inputs(staged: StagedInputs, change: InputChange) -> StagedInputs:
    """Return the inputs as the run with a change sees them."""
    if change == SHUFFLED:
        return _with_frames(staged, _shuffle(staged))
    if change == BLANKED:
        return _with_frames(staged, _blank(staged))
    return staged


def _shuffle(staged: StagedInputs) -> dict[str, bytes]:
    shuffled = {}
    for name, content in _frames(staged).items():
        table = pq.read_table(io.BytesIO(content))
        order = np.random.default_rng(1).permutation(table.num_rows)
        shuffled[name] = to_parquet(table.take(pa.array(order)))
    return shuffled


def _blank(staged: StagedInputs) -> dict[str, bytes]:
    blanked = {}
    for file in EVAL_FILES:
        if file.path in staged.files:
            table = pq.read_table(io.BytesIO(staged.files[file.path]))
            columns = {
                column: _blank_column(column, table[column], is_blanked=not file.is_keys)
                for column in table.column_names
            }
            blanked[file.path] = to_parquet(pa.table(columns))
    return blanked


def _blank_column(name: str, column: pa.ChunkedArray, *, is_blanked: bool) -> pa.Array:
    values = column.to_pylist()
    if name == layout.RUN_NAME:
        names = rename_runs(values)
        return pa.array([names[value] for value in values], column.type)
    if name in ID_COLUMNS:
        ids = rename_instances(value for value in values if value is not None)
        return pa.array([ids.get(value) for value in values], column.type)
    if not is_blanked:
        return column
    if isinstance(column.type, pa.BaseExtensionType):  # JSON
        texts = [None if value is None else "null" for value in values]
        storage = pa.array(texts, column.type.storage_type)
        return pa.ExtensionArray.from_storage(column.type, storage)
    if pa.types.is_list(column.type) and column.num_chunks:
        # Arrow can't convert Python's lists into lists of JSON.
        no_items = column.chunk(0).values[:0]
        offsets = pa.array([0] * (len(values) + 1), pa.int32())
        return pa.ListArray.from_arrays(offsets, no_items, mask=column.combine_chunks().is_null())
    blank = _blank_value(column.type)
    return pa.array([None if value is None else blank for value in values], column.type)


def _blank_value(kind: pa.DataType) -> str | float | bool | list[object] | None:
    """Return the blank value of a column of this type; predictors' code still runs on it."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ""
    if pa.types.is_boolean(kind):
        return False
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return []
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return 0
    return None


def _frames(staged: StagedInputs) -> dict[str, bytes]:
    return {name: content for name, content in staged.files.items() if name in STAGED_FILES}


def _with_frames(staged: StagedInputs, frames: Mapping[str, bytes]) -> StagedInputs:
    """Return the inputs with other frames, and a manifest that describes them."""
    manifest = json.loads(staged.files[layout.MANIFEST])
    for name, content in frames.items():
        digest = hashlib.sha256(content).hexdigest()
        manifest["files"][name] = {"bytes": len(content), "sha256": digest}
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    return StagedInputs({**staged.files, **frames, layout.MANIFEST: text.encode()})

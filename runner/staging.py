"""Inputs -> the bytes under ``/input``. Takes no actuals, so it can't leak one.

Equal inputs give equal bytes: nothing here depends on the time, the host or the paths.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from runner.contract import layout
from runner.contract.manifest import Manifest
from runner.helm_outputs import PolarsType
from runner.suite import Inputs

COMPRESSION = "zstd"

EMPTY_OBJECT_FIELD = "_empty"
"""Parquet has no object without fields: ``{}`` is staged with this one, always null."""


@dataclass(frozen=True)
class StagedInputs:
    """Files by their path below ``/input``."""

    files: Mapping[str, bytes]


def stage_inputs(
    inputs: Inputs, *, suite: str, case: str, seed: int, limits: Mapping[str, float]
) -> StagedInputs:
    """Return the files that one container sees, the manifest among them."""
    frames = {
        layout.TRAIN_RUN_SPECS: inputs.train.run_specs,
        layout.TRAIN_SCENARIO_STATES: inputs.train.scenario_states,
        layout.TRAIN_STATS: inputs.train.stats,
        layout.TRAIN_PER_INSTANCE_STATS: inputs.train.per_instance_stats,
        layout.EVAL_RUN_SPECS: inputs.eval_run_specs,
        layout.EVAL_SCENARIO_STATES: inputs.eval_scenario_states,
        layout.EVAL_TARGETS: inputs.targets,
    }
    files = {path: to_parquet(frame) for path, frame in frames.items()}
    manifest = Manifest(
        contract_version=layout.CONTRACT_VERSION,
        suite=suite,
        case=case,
        seed=seed,
        limits=limits,
        files={path: _describe(content) for path, content in files.items()},
        revealed=inputs.revealed,
    )
    return StagedInputs({layout.MANIFEST: manifest.to_json().encode(), **files})


def to_parquet(frame: pl.DataFrame) -> bytes:
    """Return a Parquet file of plain types that any reader opens.

    The table is fresh: no statistics, which would show a column's extremes, no schema of ours and
    no index in its metadata, and dictionaries made from these rows alone.
    """
    plain = frame.with_columns(
        pl.col(name).cast(_plain_type(dtype)) for name, dtype in frame.schema.items()
    )
    buffer = io.BytesIO()
    pq.write_table(
        plain.to_arrow(),
        buffer,
        compression=COMPRESSION,
        write_statistics=False,
        store_schema=False,
    )
    return buffer.getvalue()


def _plain_type(dtype: PolarsType) -> PolarsType:
    """Return a type that Parquet can hold: nulls become text, big integers floats."""
    if isinstance(dtype, pl.List):
        return pl.List(_plain_type(dtype.inner))
    if isinstance(dtype, pl.Struct):
        plain = {name: _plain_type(inner) for name, inner in dtype}
        return pl.Struct(plain or {EMPTY_OBJECT_FIELD: pl.String})
    if dtype == pl.Null:
        return pl.String()
    return pl.Float64() if dtype == pl.Int128 else dtype


def _describe(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

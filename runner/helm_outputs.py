"""HELM run directories -> flat frames, as MAGNET 0.1.0 flattens them.

Nested objects become dotted columns, lists stay lists, and every frame has ``run_spec.name``.
Polars does the reading: one pass over the JSON, its schema inferred from all of it.
"""

import glob
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl
from polars.datatypes import DataTypeClass

from runner.contract.layout import RUN_NAME, STAT_NAME_PREFIX
from runner.errors import SuiteError

PolarsType = pl.DataType | DataTypeClass

RUN_SPEC = "run_spec.json"
SCENARIO_STATE = "scenario_state.json"
STATS = "stats.json"
PER_INSTANCE_STATS = "per_instance_stats.json"
INSTANCE_ID = "scenario_state.request_states.instance.id"
STAT_NAME = f"{STAT_NAME_PREFIX}name"

NOT_HELMS = "not what HELM writes, so run HELM again or leave the run out with a glob"

UNREADABLE = (
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError),
    *(ValueError, KeyError, TypeError, RecursionError),
)
"""What reading a file raises that is not JSON, or not of the form that HELM gives it."""

RUN_FILES = (RUN_SPEC, SCENARIO_STATE, STATS, PER_INSTANCE_STATS)

DEEPEST_RUN = 4
"""Levels from a folder that holds ``benchmark_output/runs/SUITE/RUN`` down to the run."""


@dataclass(frozen=True)
class RunDirectory:
    """A run on disk. ``name`` is ``run_spec.name``, which may differ from the directory's name."""

    path: Path
    name: str


@dataclass(frozen=True)
class RunFrames:
    """The four frames of one run, or of several.

    run_specs has one row per run; scenario_states one per request and response; stats one per
    Stat; per_instance_stats one per Stat of an instance.
    """

    run_specs: pl.DataFrame
    scenario_states: pl.DataFrame
    stats: pl.DataFrame
    per_instance_stats: pl.DataFrame


def find_runs(source: str | Path) -> list[RunDirectory]:
    """Return the runs below a source, ordered by path as MAGNET orders them.

    Args:
        source: a ``benchmark_output`` root or its parent, its ``runs``, one suite of it, one run,
            or a glob of any of these.

    Raises:
        SuiteError: nothing there, no run in it, two runs of one name, or a run lacks a file.
    """
    roots = [Path(source)] if Path(source).exists() else sorted(map(Path, glob.glob(str(source))))
    if not roots:
        raise SuiteError(
            f"{source}: no such file or directory, and no match as a glob. One of HELM's own "
            "suites is named together with --root-dir."
        )
    paths = [path for root in roots for path in _run_paths(root, DEEPEST_RUN)]
    if not paths:
        raise SuiteError(
            f"{source}: holds no HELM run (a directory with a {RUN_SPEC}). Name a benchmark_output "
            "directory, its runs, a suite of it, one run, or a glob of runs."
        )
    _refuse_incomplete(paths)
    runs = [RunDirectory(path, _read_run_name(path)) for path in paths]
    _refuse_doubles(runs)
    return runs


def read_run(run: RunDirectory) -> RunFrames:
    """Return the frames of one run, each equal to MAGNET's own frame of it.

    Raises:
        SuiteError: a file is not JSON or not what HELM writes; names the file.
    """
    return RunFrames(
        run_specs=_read_frame(run, RUN_SPEC),
        scenario_states=_read_frame(run, SCENARIO_STATE),
        stats=_read_frame(run, STATS),
        per_instance_stats=_read_frame(run, PER_INSTANCE_STATS),
    )


def read_scenario_states(run: RunDirectory, instance_ids: Collection[str]) -> pl.DataFrame:
    """Return the request states of some instances, as if the run had no others.

    The frame is made from their JSON alone: not even its columns and types, which follow the
    JSON's keys, tell anything of the other instances.

    Raises:
        SuiteError: the file is not what HELM writes, or lacks an instance; names the file.
    """
    path = run.path / SCENARIO_STATE
    try:
        document = json.loads(path.read_bytes(), parse_constant=_no_number)
        document["request_states"] = [
            state for state in document["request_states"] if state["instance"]["id"] in instance_ids
        ]
        found = {state["instance"]["id"] for state in document["request_states"]}
    except UNREADABLE as error:
        raise SuiteError(f"{path}: {NOT_HELMS} ({error!r})") from error
    if found != set(instance_ids):
        raise SuiteError(f"{path}: {NOT_HELMS} (instance ids are of several types)")
    if not found:
        return pl.DataFrame(schema={RUN_NAME: pl.String})
    return _read_frame(run, SCENARIO_STATE, json.dumps(document).encode())


def concat_runs(runs: Sequence[RunFrames]) -> RunFrames:
    """Return the runs' frames one below the other, columns in order of first appearance.

    A column that only some runs have is null in the others. Where one run has a float and another
    an integer, the column is float; where types differ otherwise, it is text.

    Raises:
        SuiteError: a column is a list in one run and none in another.
    """
    try:
        return RunFrames(
            *(
                pl.concat([getattr(run, frame.name) for run in runs], how="diagonal_relaxed")
                for frame in fields(RunFrames)
            )
        )
    except UNREADABLE as error:
        names = ", ".join(run.run_specs[RUN_NAME][0] for run in runs)
        raise SuiteError(
            f"These runs can't stand in one frame ({error}): {names}. Leave out those of another "
            "version of HELM with a glob."
        ) from error


def _run_paths(root: Path, depth: int) -> Iterator[Path]:
    if (root / RUN_SPEC).is_file():
        yield root
    elif depth > 0 and root.is_dir():
        with os.scandir(root) as entries:
            # Older HELM has a link runs/latest, which names every run of a suite twice.
            folders = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
        for folder in folders:
            yield from _run_paths(Path(folder), depth - 1)


def _refuse_incomplete(paths: Sequence[Path]) -> None:
    lacking = [path / name for path in paths for name in RUN_FILES if not (path / name).is_file()]
    if lacking:
        raise SuiteError(
            f"{lacking[0]}: no such file ({len(lacking)} missing in all). A run needs "
            f"{', '.join(RUN_FILES)}: run HELM again, or leave such runs out with a glob."
        )


def _refuse_doubles(runs: Sequence[RunDirectory]) -> None:
    seen: dict[str, Path] = {}
    for run in runs:
        if run.name in seen:
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {seen[run.name]}. A run may stand in a "
                "suite once: name one suite, or a glob that matches one of the two."
            )
        seen[run.name] = run.path


def _read_run_name(path: Path) -> str:
    try:
        name = json.loads((path / RUN_SPEC).read_bytes())["name"]
    except UNREADABLE as error:
        raise SuiteError(f"{path / RUN_SPEC}: not a HELM run spec ({error!r})") from error
    if not isinstance(name, str) or not name:
        raise SuiteError(f"{path / RUN_SPEC}: name must be a text, not {name!r}")
    return name


def _read_frame(run: RunDirectory, file_name: str, content: bytes | None = None) -> pl.DataFrame:
    """Return the flattened frame of one file of a run, or of other content in its place."""
    path = run.path / file_name
    flatten, needed_column = _FRAMES[file_name]
    try:
        document = _parse(path.read_bytes() if content is None else content)
        frame = flatten(document)
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise SuiteError(f"{path}: {NOT_HELMS} ({reason})") from error
    may_be_empty = file_name == PER_INSTANCE_STATS
    if needed_column not in frame.columns and not (may_be_empty and document.is_empty()):
        raise SuiteError(f"{path}: {NOT_HELMS} (it has no {needed_column})")
    # MAGNET keeps the order of run_spec.json, and sorts the columns of the other frames.
    ordered = frame.columns if file_name == RUN_SPEC else [RUN_NAME, *sorted(frame.columns)]
    return frame.with_columns(pl.lit(run.name).alias(RUN_NAME)).select(ordered)


def _parse(content: bytes) -> pl.DataFrame:
    try:
        return pl.read_json(content, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        # Python's json, which HELM writes with, has NaN and Infinity; JSON and Polars have not.
        finite = json.dumps(json.loads(content, parse_constant=_no_number))
        return pl.read_json(finite.encode(), infer_schema_length=None)


def _no_number(_: str) -> None:
    """Return null, as which a NaN or an infinity is read."""


def _run_specs(document: pl.DataFrame) -> pl.DataFrame:
    return _flatten(document, prefix="run_spec.")


def _scenario_states(document: pl.DataFrame) -> pl.DataFrame:
    """Return one row per request state, the document's other fields repeated on each."""
    return _flatten(document.explode("request_states"), prefix="scenario_state.")


def _stats(entries: pl.DataFrame) -> pl.DataFrame:
    return _flatten(entries, prefix="stats.")


def _per_instance_stats(entries: pl.DataFrame) -> pl.DataFrame:
    """Return one row per stat of an instance. Only the stat is flattened, as MAGNET does it."""
    if entries.is_empty():
        return pl.DataFrame()
    rows = entries.filter(pl.col("stats").list.len() > 0).explode("stats")
    others = [pl.col(name).alias(f"per_instance_stats.{name}") for name in rows.columns]
    flat = _flatten(rows.select("stats"), prefix="per_instance_stats.")
    return flat.hstack(rows.select(others).drop("per_instance_stats.stats"))


def _flatten(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the frame with a dotted column for every leaf of its objects; ``{}`` has none."""
    leaves = [
        leaf.alias(prefix + name)
        for column, dtype in frame.schema.items()
        for name, leaf in _leaves(column, pl.col(column), dtype)
    ]
    return frame.select(leaves)


def _leaves(name: str, value: pl.Expr, dtype: PolarsType) -> Iterator[tuple[str, pl.Expr]]:
    if not isinstance(dtype, pl.Struct):
        yield name, value
        return
    for field_name, field_type in dtype:
        yield from _leaves(f"{name}.{field_name}", value.struct.field(field_name), field_type)


_FRAMES: Mapping[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    RUN_SPEC: (_run_specs, RUN_NAME),
    SCENARIO_STATE: (_scenario_states, INSTANCE_ID),
    STATS: (_stats, STAT_NAME),
    PER_INSTANCE_STATS: (_per_instance_stats, "per_instance_stats.instance_id"),
}
"""For each file how it is flattened, and a column without which it is not HELM's."""

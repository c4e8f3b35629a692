"""The frames of a run, as MAGNET 0.1.0 flattens its files.

Nested objects become dotted columns, lists stay lists, and every frame has ``run_spec.name``.
The numbers of a stat are floats and its count an integer, whether written as 1 or as 1.0.
"""

import json
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.documents import (
    UNREADABLE,
    PolarsType,
    parse,
    parse_finite,
)
from runner.helm_outputs.files import (
    NOT_HELMS,
    flatten_states,
    naming_file,
    parse_states,
    read_per_instance_stats,
    read_run_specs,
    read_stats,
)
from runner.helm_outputs.repeated_texts import PERTURBATION
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

NO_ROWS = pl.DataFrame(schema={RUN_NAME: pl.String})
"""The frame of a file that a run has not."""

BYTES_READ_TOGETHER = 2**23

BATCHES_AHEAD = 2
"""So many are parsed before their turn, while the one before them is flattened."""

Parsed = Callable[[], list[pl.DataFrame]]
"""Returns the documents of states, one of each run that has the file."""


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


def read_run(run: RunDirectory) -> RunFrames:
    """Return the frames of one run, each equal to MAGNET's own frame of it.

    The frame of a file that the run lacks has no rows.

    Raises:
        SuiteError: a file is not JSON or not what HELM writes; names the file.
    """
    return _read_together([run], lambda: parse_states(_having(SCENARIO_STATE, [run])))[0]


def read_runs(runs: Iterable[RunDirectory]) -> Iterator[RunFrames]:
    """Yield the frames of each run, in order, as ``read_run`` returns them; faster for many.

    A thread parses states ahead, in which Polars does not hold Python's lock; all else does, so
    that more threads would only wait for each other. In memory are at most four batches of some
    megabytes of JSON, or of one run where it is larger.

    Raises:
        SuiteError: as ``read_run``, when the run's turn comes or a few runs before.
    """
    with closing(_parse_ahead(runs)) as parsed:
        for batch, states in parsed:
            yield from _read_together(batch, states)


def read_scenario_states(run: RunDirectory, instance_ids: Collection[str]) -> pl.DataFrame:
    """Return the request states of some instances, as if the run had no others.

    The frame is made from their JSON alone: not even its columns and types, which follow the
    JSON's keys, tell anything of the other instances.

    Raises:
        SuiteError: the file is not what HELM writes, or lacks an instance; names the file.
    """
    if not instance_ids:
        return NO_ROWS
    path = run.path / SCENARIO_STATE
    try:
        document = parse_finite(path.read_bytes())
        document["request_states"] = [
            state for state in document["request_states"] if state["instance"]["id"] in instance_ids
        ]
        found = {state["instance"]["id"] for state in document["request_states"]}
    except UNREADABLE as error:
        raise SuiteError(f"{path}: {NOT_HELMS} ({error!r})") from error
    if found != set(instance_ids):
        raise SuiteError(f"{path}: {NOT_HELMS} (instance ids are of several types)")
    with naming_file(run, SCENARIO_STATE):
        document = parse(json.dumps(document).encode())
    return flatten_states([run], [document])[0]


def _batches(runs: Iterable[RunDirectory]) -> Iterator[list[RunDirectory]]:
    batch: list[RunDirectory] = []
    batch_bytes = 0
    for run in runs:
        batch.append(run)
        batch_bytes += sum((run.path / name).stat().st_size for name in run.files)
        if batch_bytes >= BYTES_READ_TOGETHER:
            yield batch
            batch, batch_bytes = [], 0
    if batch:
        yield batch


def _parse_ahead(
    runs: Iterable[RunDirectory],
) -> Generator[tuple[list[RunDirectory], Parsed]]:
    """Yield batches, each with what another thread will have found ``parse_states`` to return."""
    ahead: deque[tuple[list[RunDirectory], Future[list[pl.DataFrame]]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="read-helm") as pool:
        try:
            for batch in _batches(runs):
                ahead.append((batch, pool.submit(parse_states, _having(SCENARIO_STATE, batch))))
                if len(ahead) > BATCHES_AHEAD:
                    first, parsed = ahead.popleft()
                    yield first, parsed.result
            for last, parsed in ahead:
                yield last, parsed.result
        finally:
            for _, parsed in ahead:
                parsed.cancel()


def _read_together(runs: Sequence[RunDirectory], parsed: Parsed) -> list[RunFrames]:
    """Return the frames of some runs.

    Args:
        parsed: returns what ``parse_states`` does of those that have the file; called last.
    """
    specs = _read_those_with(RUN_SPEC, runs, read_run_specs)
    stats = _read_those_with(STATS, runs, read_stats)
    perturbation = _perturbation_type(stats)
    entries = _read_those_with(
        PER_INSTANCE_STATS, runs, lambda some: read_per_instance_stats(some, perturbation)
    )
    states = _read_those_with(SCENARIO_STATE, runs, lambda some: flatten_states(some, parsed()))
    frames = (specs, states, stats, entries)
    return [RunFrames(*of_run) for of_run in zip(*frames, strict=True)]


def _having(file_name: str, runs: Sequence[RunDirectory]) -> list[RunDirectory]:
    return [run for run in runs if file_name in run.files]


def _read_those_with(
    file_name: str,
    runs: Sequence[RunDirectory],
    read: Callable[[Sequence[RunDirectory]], list[pl.DataFrame]],
) -> list[pl.DataFrame]:
    """Return the frame of each run, without rows for those that lack the file."""
    having = _having(file_name, runs)
    frames = iter(read(having) if having else ())
    return [next(frames) if file_name in run.files else NO_ROWS for run in runs]


def _perturbation_type(frames: Sequence[pl.DataFrame]) -> PolarsType:
    """Return the type of the perturbations in stats frames, as one object."""
    found = {
        name.removeprefix(PERTURBATION_PREFIX): frame.get_column(name).dtype
        for frame in frames
        for name in frame.columns
        if name.startswith(PERTURBATION_PREFIX)
    }
    return pl.Struct({**PERTURBATION.to_schema(), **found})

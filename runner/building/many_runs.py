"""Many HELM runs -> what a suite keeps of each, made on all cores if that is faster."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from runner.building.make_runs import make_runs
from runner.building.write_run import Job, MadeRun
from runner.files.scratch import scratch_directory
from runner.helm_outputs.documents import file_size
from runner.helm_outputs.runs import RunDirectory
from runner.processes import Processes, count_cores
from runner.suites.division_spec import Sampled
from runner.suites.spec import SuiteSpec

LEAST_BYTES = 2**25
"""Of the runs' files. Less is done before other processes have begun."""

BYTES_AT_ONCE = 2**22
"""Of the files that a process reads before it answers."""


@contextmanager
def several_processes(
    spec: SuiteSpec, runs: Collection[RunDirectory]
) -> Iterator[Processes | None]:
    """Yield a process for each core to build a suite; None if this one alone is faster."""
    # MAGNET's draws follow one on the other.
    is_small = isinstance(spec.division, Sampled) or sum(map(_bytes, runs)) < LEAST_BYTES
    if is_small or count_cores() == 1:
        yield None
        return
    with scratch_directory() as scratch, Processes(count_cores(), scratch) as processes:
        yield processes


def make_many(
    spec: SuiteSpec, jobs: Iterable[Job], processes: Processes | None
) -> Iterator[MadeRun]:
    """Yield what a suite keeps of each run, in order: the same however many processes make it.

    Raises:
        SuiteError: a run's files are not what HELM writes.
        EngineError: a process was ended from outside.
    """
    if processes is None:
        yield from make_runs(spec, list(jobs))
        return
    for batch in processes.map(partial(_make, spec), _batches(jobs)):
        yield from batch


def _make(spec: SuiteSpec, jobs: Sequence[Job]) -> list[MadeRun]:
    return list(make_runs(spec, jobs))


def _bytes(run: RunDirectory) -> int:
    return sum(file_size(f"{run.path}/{name}") for name in run.files)


def _batches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    batch: list[Job] = []
    batch_bytes = 0
    for job in jobs:
        size = _bytes(job.run)
        if batch and batch_bytes + size > BYTES_AT_ONCE:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(job)
        batch_bytes += size
    if batch:
        yield batch

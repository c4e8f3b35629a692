"""Many HELM runs -> what a suite keeps of each, made on all cores if that is faster."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial

from runner.building.make_runs import make_runs
from runner.building.write_run import Job, MadeRun
from runner.files.scratch import scratch_directory
from runner.processes import count_cores, map_in_processes
from runner.suites.division_spec import Sampled
from runner.suites.spec import SuiteSpec

LEAST_BYTES = 2**25
"""Of the runs' files. Less is done before other processes have begun."""

BYTES_AT_ONCE = 2**22
"""Of the files that a process reads before it answers."""


def make_many(spec: SuiteSpec, jobs: Sequence[Job]) -> Generator[MadeRun]:
    """Yield what a suite keeps of each run, in order: the same however many processes make it.

    Raises:
        SuiteError: a run's files are not what HELM writes.
        EngineError: a process was ended from outside.
    """
    sizes = [_bytes(job) for job in jobs]
    processes = count_cores()
    # MAGNET's draws follow one on the other.
    if processes == 1 or sum(sizes) < LEAST_BYTES or isinstance(spec.division, Sampled):
        yield from make_runs(spec, jobs)
        return
    with scratch_directory() as scratch:
        made = map_in_processes(partial(_make, spec), _batches(jobs, sizes), processes, scratch)
        with closing(made):
            for batch in made:
                yield from batch


def _make(spec: SuiteSpec, jobs: Sequence[Job]) -> list[MadeRun]:
    return list(make_runs(spec, jobs))


def _bytes(job: Job) -> int:
    return sum((job.run.path / name).stat().st_size for name in job.run.files)


def _batches(jobs: Sequence[Job], sizes: Sequence[int]) -> Iterator[list[Job]]:
    batch: list[Job] = []
    batch_bytes = 0
    for job, size in zip(jobs, sizes, strict=True):
        if batch and batch_bytes + size > BYTES_AT_ONCE:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(job)
        batch_bytes += size
    if batch:
        yield batch

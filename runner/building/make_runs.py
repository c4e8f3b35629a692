"""HELM runs -> what a suite keeps of each, many at a time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from runner.audit.leak import Leak
from runner.audit.staged_bytes import find_in_part
from runner.building.draws import Draw, audit_draws, draw_run
from runner.building.write_run import Job, MadeReveal, MadeRun, PartsOfHalves
from runner.helm_outputs.documents import read_file
from runner.helm_outputs.frames import read_batches
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import RUN_SPEC
from runner.helm_outputs.type_checks import check_types
from runner.suites.eval_side import EvalSide, make_eval_side
from runner.suites.eval_targets import per_instance_stats
from runner.suites.groups import RunIdentity, identify_run
from runner.suites.items import describe_items
from runner.suites.manifest import (
    ACTUALS,
    ANSWERS,
    INSTANCE_ACTUALS,
    ITEMS,
    SAMPLE_MEANS,
    RevealRecord,
    RunRecord,
    part_name,
)
from runner.suites.parts import to_part
from runner.suites.reveal import Reveal, make_reveals, sample_means
from runner.suites.spec import SuiteSpec
from runner.suites.staged_files import TRAIN_FILES
from runner.suites.target_weights import weigh_targets
from runner.suites.twins import fingerprint_run


@dataclass(frozen=True)
class _EvalRun:
    """An eval run that is being made.

    Attributes:
        draws: what is drawn of it.
        reveals: what each of these reveals.
    """

    job: Job
    frames: RunFrames
    side: EvalSide
    draws: Sequence[Draw]
    reveals: Sequence[Reveal]


def make_runs(spec: SuiteSpec, jobs: Sequence[Job]) -> Iterator[MadeRun]:
    """Yield what a suite keeps of each run.

    Raises:
        SuiteError: a run's files are not what HELM writes.
    """
    left = iter(jobs)
    for frames in read_batches(job.run for job in jobs):
        batch = list(zip(islice(left, len(frames)), frames, strict=True))
        for job, of_run in batch:
            check_types(job.run, of_run)
        evaluated = _make_eval_runs(spec, batch)
        leaks = _audit(spec, list(evaluated.values()))
        for place, (job, of_run) in enumerate(batch):
            made = _make_run(job, of_run, evaluated.get(place), spec)
            yield replace(made, leaks=[*leaks.get(job.run.name, ()), *_audit_parts(made)])


def _audit_parts(made: MadeRun) -> Iterator[Leak]:
    """Yield what is wrong with the bytes that are published. Here, as many processes make runs."""
    clean: set[bytes] = set()
    for parts in (made.parts, *(reveal.parts for reveal in made.reveals)):
        for file, content in parts.public.items():
            found = [] if content in clean else find_in_part(made.record.name, file, content)
            if not found:
                clean.add(content)
            yield from found


def _make_eval_runs(spec: SuiteSpec, batch: Sequence[tuple[Job, RunFrames]]) -> dict[int, _EvalRun]:
    """Return by place in the batch what is made of its eval runs."""
    draws = {
        place: list(draw_run(spec, frames, job.rngs))
        for place, (job, frames) in enumerate(batch)
        if job.rngs
    }
    runs = [(batch[place][0].run, batch[place][1]) for place in draws for _ in draws[place]]
    ids = [draw.instance_ids for drawn in draws.values() for draw in drawn]
    reveals = iter(make_reveals(runs, ids, spec.revealed, spec.instance_targets))
    made = {}
    for place, drawn in draws.items():
        job, frames = batch[place]
        side = make_eval_side(job.run, frames, spec.revealed, spec.targets)
        made[place] = _EvalRun(job, frames, side, drawn, list(islice(reveals, len(drawn))))
    return made


def _audit(spec: SuiteSpec, runs: Sequence[_EvalRun]) -> dict[str, list[Leak]]:
    """Return by a run's name what the audit found in all that its first replicate reveals.

    The draws of others are made by the same code.
    """
    draws, frames = [], []
    for run in runs:
        for draw, reveal in zip(run.draws, run.reveals, strict=True):
            if draw.replicate == min(run.job.rngs):
                draws.append((run.job.run, draw))
                frames.append(run.side.frames | reveal.frames)
    leaks: dict[str, list[Leak]] = {}
    for (directory, _), found in zip(draws, audit_draws(spec, draws, frames), strict=True):
        leaks.setdefault(directory.name, []).extend(found)
    return leaks


def _make_run(job: Job, frames: RunFrames, evaluated: _EvalRun | None, spec: SuiteSpec) -> MadeRun:
    """Return what is made of a run, not audited yet."""
    identity = identify_run(json.loads(read_file(job.run.path / RUN_SPEC)))
    shown = {file.path: getattr(frames, file.frame) for file in TRAIN_FILES} if job.trains else {}
    shown |= evaluated.side.frames if evaluated else {}
    parts = PartsOfHalves(_parts(shown))
    parts.private[ANSWERS] = to_part(fingerprint_run(identity, frames.scenario_states))
    if evaluated is None:
        return MadeRun(_record(job, identity, None), parts)
    side = evaluated.side
    items = describe_items(frames.scenario_states)
    weights = weigh_targets([stat.name for stat in side.targets.actuals], frames.stats, items)
    actuals = [
        {"stat": stat.to_json(), "instances": instances}
        for stat, instances in zip(side.targets.actuals, weights, strict=True)
    ]
    parts.private[ACTUALS] = _line(actuals)
    parts.private[ITEMS] = to_part(items)
    reveals = [
        _make_reveal(evaluated, draw, reveal, spec.revealed.budgets[draw.position])
        for draw, reveal in zip(evaluated.draws, evaluated.reveals, strict=True)
    ]
    return MadeRun(_record(job, identity, side), parts, reveals)


def _record(job: Job, identity: RunIdentity, side: EvalSide | None) -> RunRecord:
    return RunRecord(
        number=0,
        name=job.run.name,
        scenario=identity.scenario,
        model=identity.model,
        model_deployment=identity.model_deployment,
        instances_by_split=side.instances_by_split if side else {},
        targets=len(side.targets.actuals) if side else 0,
    )


def _make_reveal(run: _EvalRun, draw: Draw, reveal: Reveal, budget: int | None) -> MadeReveal:
    means = sample_means(run.frames, reveal.instance_ids, run.side.targets.actuals)
    actuals = _line(per_instance_stats(reveal.instance_targets))
    private = {INSTANCE_ACTUALS: actuals, SAMPLE_MEANS: _line(means)}
    parts = PartsOfHalves(_parts(reveal.frames), private)
    record = RevealRecord(
        number=0,
        run=0,
        budget=budget,
        replicate=draw.replicate,
        revealed_instances=len(reveal.instance_ids),
        instance_targets=len(reveal.instance_targets.actuals),
    )
    return MadeReveal(record, parts)


def _parts(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Return the parts of frames. A spec that is the same on both sides is made one part once."""
    made: dict[int, bytes] = {}
    for frame in frames.values():
        if id(frame) not in made:
            made[id(frame)] = to_part(frame)
    return {part_name(path): made[id(frame)] for path, frame in frames.items()}


def _line(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"

"""One HELM run -> its parts and actuals in a suite that is being built.

What is made of a run is apart from writing it, as several processes make while one writes.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from runner.audit.leak import Leak
from runner.audit.noninterference import find_interference
from runner.building.half_writer import HalfWriter, Halves
from runner.contract.stat import Stat
from runner.files.scratch import scratch_directory
from runner.helm_outputs.frames import RunFrames, read_run, read_runs
from runner.helm_outputs.runs import RUN_SPEC, RunDirectory, read_file
from runner.helm_outputs.type_checks import check_types
from runner.suites.division_spec import Sampled
from runner.suites.eval_run import EvalRun
from runner.suites.eval_side import EvalSide, make_eval_side
from runner.suites.eval_targets import per_instance_stats
from runner.suites.groups import identify_run
from runner.suites.items import describe_items
from runner.suites.manifest import (
    ACTUALS,
    ANSWERS,
    INSTANCE_ACTUALS,
    ITEMS,
    SAMPLE_MEANS,
    RevealRecord,
    RunRecord,
)
from runner.suites.parts import part_name, to_part
from runner.suites.reveal import Reveal, draw_budgets, make_reveal, sample_means
from runner.suites.spec import SuiteSpec
from runner.suites.staged_files import TRAIN_FILES
from runner.suites.target_weights import weigh_targets
from runner.suites.twins import fingerprint_run

RevealKey = tuple[str, int, int | None]
"""A run's name, the replicate and the budget."""


@dataclass(frozen=True)
class Roles:
    """What a run is for: train runs of some case, and eval run in these replicates."""

    trains: bool
    replicates: tuple[int, ...]


@dataclass(frozen=True)
class WrittenRuns:
    """The runs of a suite so far.

    Attributes:
        records: by name, in their order.
        reveals: what is revealed of them.
    """

    records: dict[str, RunRecord]
    reveals: dict[RevealKey, RevealRecord]

    def fullest_eval_runs(self) -> list[EvalRun]:
        """Return each run that is evaluated, as it is where most of it is revealed."""
        fullest = {
            name: reveal
            for (name, *_), reveal in sorted(
                self.reveals.items(), key=lambda item: item[1].instance_targets
            )
        }
        return [
            EvalRun.of(record, fullest[name])
            for name, record in self.records.items()
            if name in fullest
        ]


@dataclass(frozen=True)
class Job:
    """A run to make parts of.

    Attributes:
        trains: whether it is a train run of a case.
        rngs: what draws the revealed instances, by the replicates that evaluate the run.
    """

    run: RunDirectory
    trains: bool
    rngs: Mapping[int, random.Random]


@dataclass(frozen=True)
class PartsOfHalves:
    """Content by file of each half."""

    public: dict[str, bytes] = field(default_factory=dict)
    private: dict[str, bytes] = field(default_factory=dict)

    def write(self, halves: Halves, number: int) -> None:
        """Add the parts to the halves."""
        for half, parts in ((halves.public, self.public), (halves.private, self.private)):
            for name, content in parts.items():
                half.add(name, number, content)


@dataclass(frozen=True)
class MadeReveal:
    """What is made of one draw: a record without its numbers, and the parts."""

    record: RevealRecord
    parts: PartsOfHalves


@dataclass(frozen=True)
class MadeRun:
    """What is made of a run: a record without its number, the parts, and what the audit found."""

    record: RunRecord
    parts: PartsOfHalves
    reveals: Sequence[MadeReveal]
    leaks: Sequence[Leak]


def make_runs(spec: SuiteSpec, jobs: Sequence[Job]) -> Iterator[MadeRun]:
    """Yield what a suite keeps of each run.

    Raises:
        SuiteError: a run's files are not what HELM writes.
    """
    for job, frames in zip(jobs, read_runs(job.run for job in jobs), strict=True):
        check_types(job.run, frames)
        yield _make_run(spec, job, frames)


def write_made(made: MadeRun, halves: Halves, written: WrittenRuns) -> None:
    """Write what a suite keeps of one run, and record it."""
    name, number = made.record.name, len(written.records) + 1
    made.parts.write(halves, number)
    written.records[name] = made.record.model_copy(update={"number": number})
    for reveal in made.reveals:
        numbers = {"number": len(written.reveals) + 1, "run": number}
        reveal.parts.write(halves, numbers["number"])
        record = reveal.record.model_copy(update=numbers)
        written.reveals[name, record.replicate, record.budget] = record


def _make_run(spec: SuiteSpec, job: Job, frames: RunFrames) -> MadeRun:
    run, rngs, parts = job.run, job.rngs, PartsOfHalves()
    identity = identify_run(json.loads(read_file(run.path / RUN_SPEC)))
    if job.trains:
        for file in TRAIN_FILES:
            parts.public[part_name(file.path)] = to_part(getattr(frames, file.frame))
    side = make_eval_side(run, frames, spec.revealed, spec.targets) if rngs else None
    record = RunRecord(
        number=0,
        name=run.name,
        scenario=identity.scenario,
        model=identity.model,
        model_deployment=identity.model_deployment,
        instances_by_split=side.instances_by_split if side else {},
        targets=len(side.targets.actuals) if side else 0,
    )
    parts.private[ANSWERS] = to_part(fingerprint_run(identity, frames.scenario_states))
    if side is None:
        return MadeRun(record, parts, (), ())
    parts.public.update(_parts(side.frames))
    items = describe_items(frames.scenario_states)
    weights = weigh_targets([stat.name for stat in side.targets.actuals], frames.stats, items)
    actuals = [
        {"stat": stat.to_json(), "instances": instances}
        for stat, instances in zip(side.targets.actuals, weights, strict=True)
    ]
    parts.private[ACTUALS] = _line(actuals)
    parts.private[ITEMS] = to_part(items)
    reveals, leaks = _make_reveals(spec, run, frames, side, rngs)
    return MadeRun(record, parts, reveals, leaks)


def _make_reveals(
    spec: SuiteSpec,
    run: RunDirectory,
    frames: RunFrames,
    side: EvalSide,
    rngs: Mapping[int, random.Random],
) -> tuple[list[MadeReveal], list[Leak]]:
    """Return what is made of each draw, and what the audit found in the first."""
    made: list[MadeReveal] = []
    leaks: list[Leak] = []
    for replicate, rng in rngs.items():
        state = rng.getstate()
        reveals = _draw_reveals(spec, run, frames, rng)
        if not leaks and replicate == min(rngs):  # another draw is made by the same code
            for position, reveal in enumerate(reveals):
                leaks += _audit(spec, run, side, reveal, position, state)
        for budget, reveal in zip(spec.revealed.budgets, reveals, strict=True):
            means = sample_means(frames, reveal.instance_ids, side.targets.actuals)
            made.append(_made_reveal(replicate, budget, reveal, _line(means)))
    return made, leaks


def read_means(written: WrittenRuns, private: HalfWriter) -> dict[str, dict[str, float]]:
    """Return of each run that was written the mean of each of its targets, by their names."""
    names = {record.number: name for name, record in written.records.items()}
    actuals = zip(private.parts.get(ACTUALS, ()), private.read(ACTUALS), strict=True)
    return {
        names[number]: {
            str(stat.name): stat.mean
            for each in json.loads(content)
            if (stat := Stat.from_json(each["stat"])).mean is not None
        }
        for number, content in actuals
    }


def _draw_reveals(
    spec: SuiteSpec, run: RunDirectory, frames: RunFrames, rng: random.Random
) -> list[Reveal]:
    """Return what each budget reveals."""
    as_magnet = isinstance(spec.division, Sampled)
    drawn = draw_budgets(frames.scenario_states, spec.revealed, rng, as_magnet=as_magnet)
    return [make_reveal(run, frames, spec.revealed, ids, spec.instance_targets) for ids in drawn]


def _audit(
    spec: SuiteSpec,
    run: RunDirectory,
    side: EvalSide,
    reveal: Reveal,
    position: int,
    rng_state: tuple[object, ...],
) -> list[Leak]:
    """Return the leaks of what one budget reveals.

    Args:
        position: of the budget.
        rng_state: of the generator before it drew the instances.
    """

    def make_frames(changed: RunDirectory) -> dict[str, pl.DataFrame]:
        same_draws = random.Random()  # noqa: S311
        same_draws.setstate(rng_state)
        frames = read_run(changed)
        other = _draw_reveals(spec, changed, frames, same_draws)[position]
        return make_eval_side(changed, frames, spec.revealed, spec.targets).frames | other.frames

    shown = side.frames | reveal.frames
    with scratch_directory() as scratch:
        return find_interference(
            run, shown, reveal.instance_ids, spec.revealed, make_frames, scratch
        )


def _made_reveal(replicate: int, budget: int | None, reveal: Reveal, means: bytes) -> MadeReveal:
    actuals = _line(per_instance_stats(reveal.instance_targets))
    private = {INSTANCE_ACTUALS: actuals, SAMPLE_MEANS: means}
    parts = PartsOfHalves(_parts(reveal.frames), private)
    record = RevealRecord(
        number=0,
        run=0,
        budget=budget,
        replicate=replicate,
        revealed_instances=len(reveal.instance_ids),
        instance_targets=len(reveal.instance_targets.actuals),
    )
    return MadeReveal(record, parts)


def _parts(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    return {part_name(path): to_part(frame) for path, frame in frames.items()}


def _line(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"

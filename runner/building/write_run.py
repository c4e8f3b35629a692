"""One HELM run -> its parts and actuals in a suite that is being built."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from runner.audit.leak import Leak
from runner.audit.noninterference import find_interference
from runner.building.half_writer import HalfWriter, Halves
from runner.contract.stat import Stat
from runner.files.scratch import scratch_directory
from runner.helm_outputs.frames import RunFrames, read_run
from runner.helm_outputs.runs import RunDirectory
from runner.suites.division_spec import Sampled
from runner.suites.eval_run import EvalRun
from runner.suites.eval_side import EvalSide, make_eval_side
from runner.suites.eval_targets import per_instance_stats
from runner.suites.groups import RunIdentity
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


def write_run(
    spec: SuiteSpec,
    run: RunDirectory,
    frames: RunFrames,
    identity: RunIdentity,
    trains: bool,
    rngs: Mapping[int, random.Random],
    halves: Halves,
    written: WrittenRuns,
) -> list[Leak]:
    """Write what a suite keeps of one run, and record it; return what the audit found in it.

    Args:
        frames: the run's own.
        trains: whether it is a train run of a case.
        rngs: what draws the revealed instances, by the replicates that evaluate the run.

    Raises:
        SuiteError: the run's files are not what HELM writes.
    """
    number = len(written.records) + 1
    if trains:
        for file in TRAIN_FILES:
            content = to_part(getattr(frames, file.frame))
            halves.public.add(part_name(file.path), number, content)
    side = make_eval_side(run, frames, spec.revealed, spec.targets) if rngs else None
    written.records[run.name] = RunRecord(
        number=number,
        name=run.name,
        scenario=identity.scenario,
        model=identity.model,
        model_deployment=identity.model_deployment,
        instances_by_split=side.instances_by_split if side else {},
        targets=len(side.targets.actuals) if side else 0,
    )
    halves.private.add(ANSWERS, number, to_part(fingerprint_run(identity, frames.scenario_states)))
    if side is None:
        return []
    _write_parts(side.frames, halves, number)
    items = describe_items(frames.scenario_states)
    weights = weigh_targets([stat.name for stat in side.targets.actuals], frames.stats, items)
    actuals = [
        {"stat": stat.to_json(), "instances": instances}
        for stat, instances in zip(side.targets.actuals, weights, strict=True)
    ]
    halves.private.add(ACTUALS, number, _line(actuals))
    halves.private.add(ITEMS, number, to_part(items))
    leaks: list[Leak] = []
    for replicate, rng in rngs.items():
        state = rng.getstate()
        reveals = _draw_reveals(spec, run, frames, rng)
        if not leaks and replicate == min(rngs):  # another draw is made by the same code
            for position, reveal in enumerate(reveals):
                leaks += _audit(spec, run, side, reveal, position, state)
        for budget, reveal in zip(spec.revealed.budgets, reveals, strict=True):
            number = _write_reveal((run.name, replicate, budget), reveal, halves, written)
            means = sample_means(frames, reveal.instance_ids, side.targets.actuals)
            halves.private.add(SAMPLE_MEANS, number, _line(means))
    return leaks


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


def _write_reveal(key: RevealKey, reveal: Reveal, halves: Halves, written: WrittenRuns) -> int:
    """Write what a draw reveals of a run, and record it; return its number."""
    name, replicate, budget = key
    number = len(written.reveals) + 1
    _write_parts(reveal.frames, halves, number)
    document = per_instance_stats(reveal.instance_targets)
    halves.private.add(INSTANCE_ACTUALS, number, _line(document))
    written.reveals[key] = RevealRecord(
        number=number,
        run=written.records[name].number,
        budget=budget,
        replicate=replicate,
        revealed_instances=len(reveal.instance_ids),
        instance_targets=len(reveal.instance_targets.actuals),
    )
    return number


def _write_parts(frames: Mapping[str, pl.DataFrame], halves: Halves, number: int) -> None:
    for path, frame in frames.items():
        halves.public.add(part_name(path), number, to_part(frame))


def _line(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"

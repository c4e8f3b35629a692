"""One HELM run -> its parts and actuals in a suite that is being built."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from runner.audit.leak import Leak
from runner.audit.noninterference import find_interference
from runner.building.half_writer import Halves
from runner.files.scratch import scratch_directory
from runner.helm_outputs.frames import RunFrames, read_run
from runner.helm_outputs.runs import RunDirectory
from runner.suites.eval_side import EvalSide, make_eval_side
from runner.suites.eval_targets import per_instance_stats
from runner.suites.groups import RunIdentity
from runner.suites.manifest import ACTUALS, ANSWERS, INSTANCE_ACTUALS, RunRecord
from runner.suites.parts import part_name, to_part
from runner.suites.spec import Sampled, SuiteSpec
from runner.suites.staged_files import TRAIN_FILES
from runner.suites.twins import fingerprint_run


@dataclass(frozen=True)
class Roles:
    """What a run is for: whether it is a train run, an eval run, or both, in different cases."""

    trains: bool
    is_evaluated: bool


def write_run(
    spec: SuiteSpec,
    run: RunDirectory,
    frames: RunFrames,
    number: int,
    identity: RunIdentity,
    roles: Roles,
    rng: random.Random,
    halves: Halves,
) -> tuple[RunRecord, Sequence[Leak]]:
    """Write what a suite keeps of one run; return its record and what the audit found in it.

    Args:
        frames: the run's own.
        rng: draws the revealed instances.

    Raises:
        SuiteError: the run's files are not what HELM writes.
    """
    side, leaks = None, []
    if roles.is_evaluated:
        state = rng.getstate()
        side = _make_side(spec, run, frames, rng)
        leaks = _audit(spec, run, side, state)
    record = RunRecord(
        number=number,
        name=run.name,
        scenario=identity.scenario,
        model=identity.model,
        model_deployment=identity.model_deployment,
        instances_by_split=side.instances_by_split if side else {},
        revealed_instances=len(side.revealed_ids) if side else 0,
        targets=len(side.targets.actuals) if side else 0,
        instance_targets=len(side.instance_targets.actuals) if side else 0,
    )
    if roles.trains:
        for file in TRAIN_FILES:
            content = to_part(getattr(frames, file.frame))
            halves.public.add(part_name(file.path), number, content)
    if side is not None:
        _write_side(side, halves, number)
    answers = fingerprint_run(identity, frames.scenario_states)
    halves.private.add(ANSWERS, number, to_part(answers))
    return record, leaks


def _make_side(
    spec: SuiteSpec, run: RunDirectory, frames: RunFrames, rng: random.Random
) -> EvalSide:
    return make_eval_side(
        run,
        frames,
        spec.revealed,
        spec.targets,
        spec.instance_targets,
        rng,
        as_magnet=isinstance(spec.division, Sampled),
    )


def _audit(
    spec: SuiteSpec, run: RunDirectory, side: EvalSide, rng_state: tuple[object, ...]
) -> list[Leak]:
    def make_side(changed: RunDirectory) -> EvalSide:
        same_draws = random.Random()  # noqa: S311
        same_draws.setstate(rng_state)
        return _make_side(spec, changed, read_run(changed), same_draws)

    with scratch_directory() as scratch:
        return find_interference(run, side, spec.revealed, make_side, scratch)


def _write_side(side: EvalSide, halves: Halves, number: int) -> None:
    for path, frame in side.frames.items():
        halves.public.add(part_name(path), number, to_part(frame))
    documents = {
        ACTUALS: [stat.to_json() for stat in side.targets.actuals],
        INSTANCE_ACTUALS: per_instance_stats(side.instance_targets),
    }
    for name, document in documents.items():
        halves.private.add(name, number, json.dumps(document).encode() + b"\n")

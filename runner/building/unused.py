"""Takes out of a suite what no case uses: a part that nobody needs can only tell."""

from collections.abc import Iterable, Mapping

from runner.building.divisions import CasePlan
from runner.building.half_writer import HalfWriter, Halves
from runner.suites.manifest import ACTUALS, INSTANCE_ACTUALS, RunRecord
from runner.suites.parts import part_name
from runner.suites.staged_files import EVAL_FILES, TRAIN_FILES


def remove_unused(
    records: Mapping[str, RunRecord], plans: Iterable[CasePlan], halves: Halves
) -> dict[str, RunRecord]:
    """Remove each run's side that no case uses; return the records of what is left.

    The train side of a run that no case trains on may be that of an eval run. A run stays in the
    suite even if no case has it: twins are found by the answers of all.
    """
    used = list(plans)
    trains = {records[name].number for plan in used for name in plan.train}
    evaluated = {records[name].number for plan in used for name in plan.eval}
    _keep_only(halves.public, [part_name(file.path) for file in TRAIN_FILES], trains)
    _keep_only(halves.public, [part_name(file.path) for file in EVAL_FILES], evaluated)
    _keep_only(halves.private, [ACTUALS, INSTANCE_ACTUALS], evaluated)
    nothing = {"instances_by_split": {}, "revealed_instances": 0, "targets": 0}
    return {
        name: record
        if record.number in evaluated
        else record.model_copy(update={**nothing, "instance_targets": 0})
        for name, record in records.items()
    }


def _keep_only(half: HalfWriter, names: Iterable[str], numbers: set[int]) -> None:
    for name in names:
        if name in half.parts:
            half.keep_only(name, numbers)

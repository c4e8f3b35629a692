"""Takes out of a suite what no case uses: a part that nobody needs can only tell."""

from collections.abc import Iterable
from dataclasses import replace

from runner.building.divisions import CasePlan
from runner.building.half_writer import HalfWriter, Halves
from runner.building.write_run import WrittenRuns
from runner.suites.manifest import ACTUALS, INSTANCE_ACTUALS, ITEMS, SAMPLE_MEANS, part_name
from runner.suites.staged_files import EVAL_FILES, TRAIN_FILES


def remove_unused(written: WrittenRuns, plans: Iterable[CasePlan], halves: Halves) -> WrittenRuns:
    """Remove each run's side that no case uses; return what is left.

    The train side of a run that no case trains on may be that of an eval run. A run stays in the
    suite even if no case has it: twins are found by the answers of all.
    """
    used = list(plans)
    records = written.records
    trains = {records[name].number for plan in used for name in plan.train}
    evaluated = {records[name].number for plan in used for name in plan.eval}
    in_replicates = {(name, plan.replicate) for plan in used for name in plan.eval}
    reveals = {key: each for key, each in written.reveals.items() if key[:2] in in_replicates}
    drawn = {reveal.number for reveal in reveals.values()}
    _keep_only(halves.public, [part_name(file.path) for file in TRAIN_FILES], trains)
    for file in EVAL_FILES:
        numbers = drawn if file.is_drawn else evaluated
        _keep_only(halves.public, [part_name(file.path)], numbers)
    _keep_only(halves.private, [ACTUALS, ITEMS], evaluated)
    _keep_only(halves.private, [INSTANCE_ACTUALS, SAMPLE_MEANS], drawn)
    kept = {
        name: record
        if record.number in evaluated
        else replace(record, instances_by_split={}, targets=0)
        for name, record in records.items()
    }
    return WrittenRuns(kept, reveals)


def _keep_only(half: HalfWriter, names: Iterable[str], numbers: set[int]) -> None:
    for name in names:
        if name in half.parts:
            half.keep_only(name, numbers)

"""All that the audit looks at in a built suite."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile

import pyarrow as pa

from runner.audit.both_sides import find_twins_on_both_sides
from runner.audit.cheater import Cheater
from runner.audit.derivability import Derivability, derive, find_derivable, find_undone
from runner.audit.leak import Leak
from runner.audit.staged_bytes import find_in_archive, find_in_file, find_in_part, find_in_sides
from runner.audit.unknown import find_unknown
from runner.contract import layout
from runner.files.input_archive import input_archive
from runner.processes import Processes
from runner.progress import SILENT, Progress
from runner.suites.groups import RunIdentity
from runner.suites.manifest import RunRecord, part_name
from runner.suites.public_suite import Inputs, PublicSuite, SuiteCase
from runner.suites.revealed import Revealed
from runner.suites.staged_files import STAGED_FILES
from runner.suites.staging import stage_frames
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_answers
from runner.suites.twins import Twins, find_twins


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes:
        leaks: in the order of the cases.
        derivability: by case, what a cheater gets from it.
        twins: the deployments that answer alike.
        unknown: in words, what it can't know.
    """

    leaks: tuple[Leak, ...]
    derivability: dict[str, Derivability]
    twins: tuple[Twins, ...]
    unknown: tuple[str, ...]


def audit_suite(
    suite: Suite,
    earlier: Iterable[Leak] | None = None,
    progress: Progress = SILENT,
    processes: Processes | None = None,
) -> Audit:
    """Audit what is published of a suite, and every case as its container would see it.

    Args:
        earlier: leaks that were found while the suite was built; its parts were audited then, and
            are what they were: their digests are checked here whenever they are read.
        processes: stage the cases and look at their files, while this one is the cheater.
    """
    leaks = list(_find_in_parts(suite) if earlier is None else earlier)
    derivability = {}
    with progress.task(f"{suite.name}: auditing cases", len(suite.cases)) as task:
        staged = _find_in_staged(suite, processes)
        twins = find_twins(read_answers(suite))
        cheater = Cheater(suite)
        for case in suite.cases:
            loot = cheater.examine(case)
            derived = derive(loot, suite.actuals(case))
            leaks += _find_in_case(case, next(staged), twins)
            leaks += find_derivable(case.id, derived.determined)
            leaks += find_undone(
                case.id, loot.undone, {run.number: run.name for run in case.train_runs}
            )
            derivability[case.id] = derived.figures()
            task.advance()
    return Audit(tuple(leaks), derivability, tuple(twins), tuple(find_unknown(suite)))


def _find_in_parts(suite: PublicSuite) -> Iterator[Leak]:
    names = {run.number: run.name for run in suite.manifest.runs}
    drawn = {reveal.number: names[reveal.run] for reveal in suite.manifest.reveals}
    is_drawn = {part_name(file.path): file.is_drawn for file in STAGED_FILES.values()}
    for file, parts in suite.shown.parts.items():
        for number, part in parts.items():
            run = (drawn if is_drawn[file] else names)[number]
            yield from find_in_part(run, file, part.read())


def _find_in_staged(suite: PublicSuite, processes: Processes | None) -> Iterator[list[Leak]]:
    """Yield of each case the leaks in the files that its container would see."""
    find = partial(_find_in_inputs, Revealed.model_validate(suite.manifest.choices["revealed"]))
    inputs = map(suite.inputs, suite.cases)
    return map(find, inputs) if processes is None else processes.map(find, inputs)


def _find_in_inputs(revealed: Revealed, inputs: Inputs) -> list[Leak]:
    leaks, names = [], [layout.MANIFEST, *inputs.assets]
    for name, file in stage_frames(inputs, TemporaryFile):
        names.append(name)
        leaks += find_in_file(inputs.case, name, file, revealed)
    leaks += find_in_archive(inputs.case, input_archive(dict.fromkeys(names, b"")))
    # What staging took is Arrow's: it keeps 35 MB that Polars could not use.
    pa.default_memory_pool().release_unused()
    return leaks


def _find_in_case(case: SuiteCase, of_files: list[Leak], twins: Sequence[Twins]) -> list[Leak]:
    """Return the leaks in what the container of a case would see, but for what can be derived."""
    train, evaluated = _identities(case.train_runs), _identities(case.eval_runs)
    of_twins = find_twins_on_both_sides(case.id, train, evaluated, twins)
    return [*find_in_sides(case.id, list(train), evaluated), *of_files, *of_twins]


def _identities(runs: Iterable[RunRecord]) -> dict[str, RunIdentity]:
    return {run.name: run.identity for run in runs}

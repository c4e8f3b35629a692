"""What is made of HELM runs -> the parts and actuals in a suite that is being built.

What is made of a run is apart from writing it, as several processes make while one writes.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from runner.audit.leak import Leak
from runner.building.half_writer import HalfWriter, Halves
from runner.contract.stat import Stat
from runner.helm_outputs.runs import RunDirectory
from runner.suites.eval_run import EvalRun
from runner.suites.manifest import ACTUALS, RevealRecord, RunRecord

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
    reveals: Sequence[MadeReveal] = ()
    leaks: Sequence[Leak] = ()


def write_made(made: MadeRun, halves: Halves, written: WrittenRuns) -> None:
    """Write what a suite keeps of one run, and record it."""
    name, number = made.record.name, len(written.records) + 1
    made.parts.write(halves, number)
    written.records[name] = replace(made.record, number=number)
    for reveal in made.reveals:
        record = replace(reveal.record, number=len(written.reveals) + 1, run=number)
        reveal.parts.write(halves, record.number)
        written.reveals[name, record.replicate, record.budget] = record


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

"""A suite with its private half: the actuals, which only code that judges and scores may use.

They are read after the container has gone.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.contract.targets import Targets
from runner.errors import SuiteError
from runner.suites.manifest import ACTUALS, ANSWERS, INSTANCE_ACTUALS, PRIVATE
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase


@dataclass(frozen=True)
class Actuals:
    """The withheld stats of one case, by target, of its runs and of instances."""

    stats: Mapping[Target, Stat]
    instance_stats: Mapping[InstanceTarget, Stat]

    @property
    def targets(self) -> Targets:
        """Return their keys."""
        return Targets(tuple(self.stats), tuple(self.instance_stats))


@dataclass(frozen=True)
class Suite(PublicSuite):
    """A frozen set of cases, with the actuals.

    Attributes:
        private_root: the directory of the private half if it is elsewhere. No message shows it.
    """

    private_root: Path | None = None

    def answers(self) -> Iterator[pl.DataFrame]:
        """Yield what each run answered, as hashes; see ``twins.fingerprint_run``."""
        for run in self.manifest.runs:
            yield read_part(self.private / run.folder / ANSWERS)

    @property
    def private(self) -> Path:
        """Return where the private half is."""
        return self.root / PRIVATE if self.private_root is None else self.private_root

    def private_name(self, path: Path) -> str:
        """Return the name that messages give a file of the private half."""
        if self.private_root is None:
            return str(path)
        below = path.relative_to(self.private_root).as_posix()
        return "the private half" if below == "." else f"{below} of the private half"

    def actuals(self, case: SuiteCase) -> Actuals:
        """Return the withheld stats of a case.

        Raises:
            SuiteError: the private half is not there, or is not this suite's.
        """
        stats: dict[Target, Stat] = {}
        instance_stats: dict[InstanceTarget, Stat] = {}
        for run in case.eval_runs:
            path = self.private / run.folder / ACTUALS
            with private_errors(self.private_name(path)):
                for stat in _read_actuals(path):
                    stats[Target(run.name, stat.name)] = stat
            path = self.private / run.folder / INSTANCE_ACTUALS
            with private_errors(self.private_name(path)):
                for place, stat in _read_instance_actuals(path):
                    instance_stats[InstanceTarget(run.name, *place, stat.name)] = stat
        return Actuals(stats, instance_stats)


def _read_actuals(path: Path) -> list[Stat]:
    return [Stat.from_json(stat) for stat in json.loads(path.read_bytes())]


def _read_instance_actuals(path: Path) -> list[tuple[tuple[str, int], Stat]]:
    """Return (instance id, train trial index) and stat, one after the other."""
    return [
        ((entry["instance_id"], entry["train_trial_index"]), Stat.from_json(stat))
        for entry in json.loads(path.read_bytes())
        for stat in entry["stats"]
    ]


@contextmanager
def private_errors(name: str) -> Iterator[None]:
    """Convert errors of the private half; their own text could quote an actual, or the path."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise SuiteError(f"{name}: can't be read ({reason})") from error

"""A suite with its private half: the actuals, which only code that judges and scores may use.

They are read after the container has gone.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import SuiteError
from runner.suites.actuals import Actuals, Basis
from runner.suites.manifest import (
    ACTUALS,
    ANSWERS,
    INSTANCE_ACTUALS,
    ITEMS,
    SAMPLE_MEANS,
    PrivateManifest,
    RunRecord,
)
from runner.suites.open_half import OpenHalf, Part
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase


@dataclass(frozen=True)
class Suite(PublicSuite):
    """A frozen set of cases, with the actuals.

    Attributes:
        private: the private half's files, as they were when the suite was opened.
        private_manifest: what the suite was built from.
    """

    private: OpenHalf = field(compare=False, repr=False)
    private_manifest: PrivateManifest = field(compare=False, repr=False)

    @property
    def public(self) -> PublicSuite:
        """Return the suite without the private half."""
        return PublicSuite(self.root, self.digest, self.manifest, self.shown)

    def answers(self) -> Iterator[pl.DataFrame]:
        """Yield what each run answered, as hashes; see ``twins.fingerprint_run``."""
        for part in self.private.parts[ANSWERS].values():
            yield read_part(part)

    def items(self, run: RunRecord) -> pl.DataFrame:
        """Return all items of an eval run; see ``items.describe_items``."""
        return read_part(self.private.parts[ITEMS][run.number])

    def actuals(self, case: SuiteCase) -> Actuals:
        """Return the withheld stats of a case.

        Raises:
            SuiteError: the private half was changed since the suite was built.
        """
        stats: dict[Target, Stat] = {}
        bases: dict[Target, Basis] = {}
        instance_stats: dict[InstanceTarget, Stat] = {}
        for run in case.eval_runs:
            part = self.private.parts[ACTUALS][run.number]
            with private_errors(part.name):
                actuals = json.loads(part.read())
            part = self.private.parts[SAMPLE_MEANS][run.reveal]
            with private_errors(part.name):
                means = json.loads(part.read())
                for each, sample_mean in zip(actuals, means, strict=True):
                    stat = Stat.from_json(each["stat"])
                    target = Target(run.name, stat.name)
                    stats[target] = stat
                    bases[target] = Basis(each["instances"], sample_mean)
            part = self.private.parts[INSTANCE_ACTUALS][run.reveal]
            with private_errors(part.name):
                for place, stat in _read_instance_actuals(part):
                    instance_stats[InstanceTarget(run.name, *place, stat.name)] = stat
        return Actuals(stats, instance_stats, bases)


def _read_instance_actuals(part: Part) -> list[tuple[tuple[str, int], Stat]]:
    """Return (instance id, train trial index) and stat, one after the other."""
    return [
        ((entry["instance_id"], entry["train_trial_index"]), Stat.from_json(stat))
        for entry in json.loads(part.read())
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

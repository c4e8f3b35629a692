"""A suite with its private half: the actuals, which only code that judges and scores may use.

They are read after the container has gone.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition

from cachetools import LRUCache, cached

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import SuiteError
from runner.suites.actuals import Actuals, Basis
from runner.suites.manifest import (
    ACTUALS,
    INSTANCE_ACTUALS,
    SAMPLE_MEANS,
    PrivateManifest,
)
from runner.suites.open_half import OpenHalf, Part
from runner.suites.public_suite import PublicSuite, SuiteCase

HELD_TARGETS = 50_000
"""How many targets' actuals stay parsed, about 50 MB, for the images that come next."""


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

    def actuals(self, case: SuiteCase) -> Actuals:
        """Return the withheld stats of a case.

        Raises:
            SuiteError: the private half was changed since the suite was built.
        """
        stats: dict[Target, Stat] = {}
        bases: dict[Target, Basis] = {}
        instance_stats: dict[InstanceTarget, Stat] = {}
        for run in case.eval_runs:
            parts = (
                self.private.parts[ACTUALS][run.number],
                self.private.parts[SAMPLE_MEANS][run.reveal],
                self.private.parts[INSTANCE_ACTUALS][run.reveal],
            )
            of_run = _read_actuals(run.name, *((part, _read(part)) for part in parts))
            stats |= of_run.stats
            bases |= of_run.bases
            instance_stats |= of_run.instance_stats
        return Actuals(stats, instance_stats, bases)


def _read(part: Part) -> bytes:
    with private_errors(part.name):
        return part.read()


_Read = tuple[Part, bytes]
"""A part, and what was read of it; its digest says what that is."""


def _count_targets(of_run: Actuals) -> int:
    return 1 + len(of_run.stats) + len(of_run.instance_stats)


@cached(
    LRUCache(HELD_TARGETS, getsizeof=_count_targets),
    key=lambda name, *parts: (name, *(part.sha256 for part, _ in parts)),
    condition=Condition(),
)
def _read_actuals(name: str, stats: _Read, sample_means: _Read, instance_stats: _Read) -> Actuals:
    """Return the actuals of an eval run; they are parsed once for all images of a batch."""
    stats_of_run: dict[Target, Stat] = {}
    bases: dict[Target, Basis] = {}
    with private_errors(stats[0].name):
        actuals = json.loads(stats[1])
    with private_errors(sample_means[0].name):
        for each, sample_mean in zip(actuals, json.loads(sample_means[1]), strict=True):
            stat = Stat.from_json(each["stat"])
            target = Target(name, stat.name)
            stats_of_run[target] = stat
            bases[target] = Basis(each["instances"], sample_mean)
    with private_errors(instance_stats[0].name):
        of_instances = {
            InstanceTarget(name, *place, stat.name): stat
            for place, stat in _instance_actuals(instance_stats[1])
        }
    return Actuals(stats_of_run, of_instances, bases)


def _instance_actuals(content: bytes) -> list[tuple[tuple[str, int], Stat]]:
    """Return (instance id, train trial index) and stat, one after the other."""
    return [
        ((entry["instance_id"], entry["train_trial_index"]), Stat.from_json(stat))
        for entry in json.loads(content)
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

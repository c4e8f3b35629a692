"""The actuals of a case, which only code that judges and scores may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.contract.targets import Targets


@dataclass(frozen=True)
class Basis:
    """What else the score of a run's target follows from.

    Attributes:
        instances: how many its stat is over; 0 if it repeats another target.
        sample_mean: the mean of the stat over the revealed instances, None if they don't have it.
    """

    instances: int
    sample_mean: float | None


@dataclass(frozen=True)
class Actuals:
    """The withheld stats of one case, by target, of its runs and of instances."""

    stats: Mapping[Target, Stat]
    instance_stats: Mapping[InstanceTarget, Stat]
    bases: Mapping[Target, Basis]

    @property
    def targets(self) -> Targets:
        """Return their keys."""
        return Targets(tuple(self.stats), tuple(self.instance_stats))

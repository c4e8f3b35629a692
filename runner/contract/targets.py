"""The keys of the stats that a case asks for."""

from dataclasses import dataclass

from runner.contract.stat import InstanceTarget, Target


@dataclass(frozen=True)
class Targets:
    """What is to be predicted of one case: the keys of stats, of its runs and of instances."""

    stats: tuple[Target, ...]
    instance_stats: tuple[InstanceTarget, ...]

"""The baselines of a case's targets: what the mean of the train runs' same stat would predict."""

from collections.abc import Mapping
from threading import Condition

import polars.selectors as cs
from cachetools import LRUCache, cached

from runner.contract import layout
from runner.contract.stat import InstanceTarget, Target
from runner.contract.targets import Targets
from runner.helm_outputs.common_types import join
from runner.scores.baseline import mean_of_similar
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase

HELD_TARGETS = 1_000_000
"""How many targets' baselines stay cached, for the images that come next."""

Baselines = Mapping[Target | InstanceTarget, float | None]
"""By target; None where the train runs have no such stat."""


def find_baselines(suite: PublicSuite, case: SuiteCase, targets: Targets) -> Baselines:
    """Return the train mean of every target of a case."""
    sides: tuple[tuple[str, tuple[Target | InstanceTarget, ...]], ...] = (
        (layout.TRAIN_STATS, targets.stats),
        (layout.TRAIN_PER_INSTANCE_STATS, targets.instance_stats),
    )
    baselines: dict[Target | InstanceTarget, float | None] = {}
    for path, of_file in sides:
        if of_file:
            means = _train_means(suite, case, path, of_file)
            baselines |= zip(of_file, means, strict=True)
    return baselines


@cached(
    LRUCache(HELD_TARGETS, getsizeof=len),
    key=lambda suite, case, path, targets: (suite.digest, case.id, path, targets),
    condition=Condition(),
)
def _train_means(
    suite: PublicSuite, case: SuiteCase, path: str, targets: tuple[Target | InstanceTarget, ...]
) -> list[float | None]:
    """Return the baseline of targets from a train frame, found once for all images of a batch."""
    parts = [read_part(suite.part(run, path)) for run in case.train_runs]
    plain = [part.select(~cs.nested()) for part in parts]
    return mean_of_similar(join(plain), targets)

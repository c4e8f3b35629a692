"""The baselines of a case's targets: what the mean of the train runs' same stat would predict."""

from collections.abc import Mapping
from threading import Condition

import polars as pl
import polars.selectors as cs
from cachetools import LRUCache, cached

from runner.contract.stat import InstanceTarget, Target
from runner.contract.targets import Targets
from runner.scores.baseline import train_mean_baseline
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase

HELD_TARGETS = 1_000_000
"""How many targets' baselines stay cached, for the images that come next."""

Baselines = Mapping[Target | InstanceTarget, float | None]
"""By target; None where the train runs have no such stat."""


def find_baselines(suite: PublicSuite, case: SuiteCase, targets: Targets) -> Baselines:
    """Return the train mean of every target of a case."""
    sides: tuple[tuple[str, tuple[Target | InstanceTarget, ...]], ...] = (
        ("stats", targets.stats),
        ("per_instance_stats", targets.instance_stats),
    )
    baselines: dict[Target | InstanceTarget, float | None] = {}
    for frame, of_frame in sides:
        if of_frame:
            means = _train_means(suite, case, frame, of_frame)
            baselines |= zip(of_frame, means, strict=True)
    return baselines


@cached(
    LRUCache(HELD_TARGETS, getsizeof=len),
    key=lambda suite, case, frame, targets: (suite.digest, case.id, frame, targets),
    condition=Condition(),
)
def _train_means(
    suite: PublicSuite, case: SuiteCase, frame: str, targets: tuple[Target | InstanceTarget, ...]
) -> list[float | None]:
    """Return the baseline of targets from a train frame, found once for all images of a batch."""
    parts = [read_part(suite.part(run, f"train/{frame}")) for run in case.train_runs]
    plain = [part.select(~cs.nested()) for part in parts]
    return train_mean_baseline(pl.concat(plain, how="diagonal_relaxed"), targets)

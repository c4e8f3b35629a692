"""Divisions: which runs a case trains on, which it evaluates, and which instances it reveals."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors import SuiteError


@dataclass(frozen=True)
class SampledDivision:
    """MAGNET's division: a few runs to train on, one to evaluate, a sample of its instances.

    Source: magnet.predictor.Predictor.prepare_all_dataframes (aiq-magnet 0.1.0), whose draws
    these are, so that the same runs and seed give MAGNET's own division.
    """

    train_runs: int = 3
    eval_samples: int = 20
    seed: int = 1


@dataclass(frozen=True)
class DrawnRuns:
    """The names of the runs on each side of one case."""

    train: tuple[str, ...]
    evaluated: str


def draw_runs(names: Sequence[str], division: SampledDivision, rng: random.Random) -> DrawnRuns:
    """Return a draw without replacement; the last name drawn is the eval run.

    Raises:
        SuiteError: fewer runs than the division needs.
    """
    needed = division.train_runs + 1
    if len(names) < needed:
        raise SuiteError(
            f"{len(names)} runs found, but {division.train_runs} train runs and one eval run need "
            f"{needed}: name more runs, or ask for fewer with --train-runs."
        )
    *train, evaluated = rng.sample(list(names), needed)
    return DrawnRuns(tuple(train), evaluated)


def draw_instances(
    instance_ids: Sequence[str], division: SampledDivision, rng: random.Random
) -> tuple[str, ...]:
    """Return the ids of the revealed instances, all of them if there are too few to sample."""
    distinct = list(dict.fromkeys(instance_ids))
    positions = rng.sample(range(len(distinct)), min(len(distinct), division.eval_samples))
    return tuple(distinct[position] for position in positions)

"""How often intervals and ranks are right, in simulations whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from runner.scores.clusters import Clusters, Replicates, make_interval, replicate
from runner.scores.comparison import compare_all
from runner.scores.formulas import Array
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from runner.scores.score import LEVEL

SPREAD = 0.2
SIZES = ((57, 5), (10, 6), (10, 10), (20, 10), (30, 30))
SHARES = ((0, 0, 100), (20, 20, 60), (60, 10, 30), (10, 60, 30))
"""Percent of the errors' variance that are of the scenario, of the model, and of neither."""

RANKED, RUNS_OF_RANKED = 20, ((10, 10), (20, 10))
POLICY = ScoringPolicy()
CLEAR_ALONE = 0.5 + LEVEL / 2


@dataclass(frozen=True)
class Rates:
    """How often a simulation was right: shares of its repetitions.

    Attributes:
        covered: in which the interval of an MAE holds the true one; should be 0.95.
        told_apart: in which two equal predictors differ clearly; should be 0.05 at most.
    """

    covered: float
    told_apart: float


def errors(random: np.random.Generator, size: tuple[int, int], shares: Sequence[float]) -> Array:
    """Return (scenarios, models) normal errors, of which shares of the variance are crossed."""
    of_scenario, of_model, rest = SPREAD * np.sqrt(np.array(shares) / 100)
    drawn: Array = (
        random.normal(0, of_scenario, (size[0], 1))
        + random.normal(0, of_model, (1, size[1]))
        + random.normal(0, rest, size)
    )
    return drawn


def mean_absolute(drawn: Array, *, crossed: bool) -> Replicates:
    """Return the MAE of errors, over crossed scenarios and models or over independent runs."""
    absolute = np.abs(drawn).ravel()
    scenarios, models = np.indices(drawn.shape).reshape(2, -1)
    runs = np.arange(len(absolute))
    clusters = Clusters(scenarios, models) if crossed else Clusters(runs, np.zeros_like(runs))

    def estimate(weights: Array) -> dict[str, Array]:
        return {"mae": weights @ absolute / weights.sum(1)}

    return replicate(estimate, clusters)["mae"]


def simulate_rates(
    size: tuple[int, int], shares: Sequence[float], repetitions: int, *, crossed: bool
) -> Rates:
    """Return how often intervals and comparisons of drawn errors are right."""
    random = np.random.default_rng(1)
    truth = scipy.stats.halfnorm.mean(scale=SPREAD)
    covered = told_apart = 0
    for _ in range(repetitions):
        pair = [mean_absolute(errors(random, size, shares), crossed=crossed) for _ in range(2)]
        interval = make_interval(pair[0], METRICS["mae"].bounds)
        if interval.low is not None and interval.high is not None:
            covered += interval.low <= truth <= interval.high
        told_apart += bool(compare_all(pair, POLICY).is_distinct.any())
    return Rates(covered / repetitions, told_apart / repetitions)


def false_boards(size: tuple[int, int], repetitions: int, *, jointly: bool) -> float:
    """Return on how many boards of equal entries some differ clearly; should be 0.05 at most."""
    random = np.random.default_rng(1)
    false = 0
    for _ in range(repetitions):
        shared = errors(random, size, (20, 20, 60))
        board = compare_all(
            [
                mean_absolute(shared + errors(random, size, (10, 10, 80)), crossed=True)
                for _ in range(RANKED)
            ],
            POLICY,
        )
        false += bool(
            board.is_distinct.any() if jointly else (board.probabilities > CLEAR_ALONE).any()
        )
    return false / repetitions


def interval_tables(repetitions: int) -> str:
    """Return two tables in Markdown: of intervals and pairs, and of the ranks of equal entries."""
    lines = [
        "| scenarios x models | shares | coverage: runs | crossed | type I: runs | crossed |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for size in SIZES:
        for shares in SHARES:
            runs, crossed = (
                simulate_rates(size, shares, repetitions, crossed=crossed)
                for crossed in (False, True)
            )
            lines.append(
                f"| {size[0]} x {size[1]} | {'/'.join(map(str, shares))} | {runs.covered:.3f} | "
                f"{crossed.covered:.3f} | {runs.told_apart:.3f} | {crossed.told_apart:.3f} |"
            )
    lines += [
        "",
        f"| scenarios x models | false boards of {RANKED} equal entries: by pairs | jointly |",
        "|---|---:|---:|",
    ]
    for size in RUNS_OF_RANKED:
        alone, jointly = (
            false_boards(size, max(repetitions // 5, 1), jointly=jointly)
            for jointly in (False, True)
        )
        lines.append(f"| {size[0]} x {size[1]} | {alone:.3f} | {jointly:.3f} |")
    return "\n".join(lines)

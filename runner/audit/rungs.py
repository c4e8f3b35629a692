"""How near a good cheater comes to the actuals that are not determined, rung by rung.

Each rung knows what the one before it knows, and more. The first is the train mean, which knows
nothing of the eval runs. What an item's value is likely to be is estimated by means that lean on
the rung before where there is little to go by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from runner.audit.loot import Loot
from runner.contract.stat import InstanceTarget, Target
from runner.scores.baseline import mean_of_similar
from runner.suites.items import ITEM_KEY

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

OWN_LEAN, MODEL_LEAN, ITEM_LEAN = 3.0, 6.0, 10.0
"""So many items count as much as what a rung leans on: the train mean, the model's other items,
other models' scores. The last two are the better of two values each on the five deployments of
Llama 3 on MMLU (villageFlower/test_helm)."""

NO_TRAIN_MEAN = 0.5
"""What the image train_mean predicts where no train run has the stat."""

RUNGS = (
    "train mean",
    "recomputed alone",
    "the run's items",
    "the model's items",
    "other models' items",
)


@dataclass(frozen=True)
class Rung:
    """What a cheater reaches who knows so much.

    Attributes:
        knows: one of RUNGS.
        mae: over all targets of the case.
        r2: 1 minus its squared error to that of the actuals' own mean; None if they are all equal.
    """

    knows: str
    mae: float
    r2: float | None

    def __str__(self) -> str:
        """Return e.g. ``train mean 0.215 (-0.33)``."""
        r2 = "" if self.r2 is None else f" ({self.r2:.2f})"
        return f"{self.knows} {self.mae:.3f}{r2}"


@dataclass(frozen=True)
class _Terms:
    """The terms of a case's targets, one by one.

    Attributes:
        target: the place of the target that it is a part of.
        group: a number for the deployment and metric, from 0.
        value: where it is known, else NaN.
        others: the mean of other models' scores of it, of its scenario if there is none, or NaN.
        least, most: between them are all scores of the metric.
        head_start: of each group, sum and number of what its train runs are above other models'.
    """

    target: Places
    group: Places
    value: Numbers
    others: Numbers
    least: Numbers
    most: Numbers
    head_start: tuple[Numbers, Numbers]

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.value)


def climb(
    loot: Loot, terms: pl.DataFrame, targets: Sequence[Target | InstanceTarget], actual: Numbers
) -> tuple[Rung, ...]:
    """Return what each rung reaches on a case; nothing if it has no targets.

    Args:
        terms: of the targets, see ``read_terms``.
        actual: the targets' means.
    """
    if not targets:
        return ()
    train_mean = _train_means(loot, targets)
    known = _read_terms(loot, terms)
    predictions = [train_mean, *_predictions(known, train_mean)]
    return tuple(
        _rung(knows, predicted, actual) for knows, predicted in zip(RUNGS, predictions, strict=True)
    )


def _rung(knows: str, predicted: Numbers, actual: Numbers) -> Rung:
    error = predicted - actual
    spread = float(np.square(actual - actual.mean()).sum())
    r2 = 1 - float(np.square(error).sum()) / spread if spread else None
    return Rung(knows, float(np.abs(error).mean()), r2)


def _train_means(loot: Loot, targets: Sequence[Target | InstanceTarget]) -> Numbers:
    of_runs = loot.train.stats
    of_instances = loot.train.instance_stats
    runs = [target for target in targets if isinstance(target, Target)]
    instances = [target for target in targets if isinstance(target, InstanceTarget)]
    means = [
        *mean_of_similar(of_runs, runs),
        *mean_of_similar(of_instances, instances),
    ]
    return np.array([NO_TRAIN_MEAN if mean is None else mean for mean in means])


def _read_terms(loot: Loot, terms: pl.DataFrame) -> _Terms:
    scores = loot.train.scores
    groups = (
        terms.select("deployment", "metric")
        .unique(maintain_order=True)
        .with_row_index("group")
        .join(_ranges(scores), on="metric", how="left", maintain_order="left")
        .join(_head_starts(scores), on=["deployment", "metric"], how="left", maintain_order="left")
    )
    # What is of a group is not written beside each of its terms before it is an array.
    numbers = groups.select("group", "deployment", "metric")
    own = terms.select("deployment", "metric").join(
        numbers, on=["deployment", "metric"], maintain_order="left"
    )
    group = own["group"].cast(pl.Int64).to_numpy()
    return _Terms(
        target=terms["target"].to_numpy(),
        group=group,
        value=_to_numbers(terms["value"]),
        others=_to_numbers(terms["others"]),
        least=_to_numbers(groups["least"])[group],
        most=_to_numbers(groups["most"])[group],
        head_start=(
            groups["above"].fill_null(0.0).to_numpy(),
            groups["scores"].cast(pl.Float64).fill_null(0.0).to_numpy(),
        ),
    )


def _to_numbers(column: pl.Series) -> Numbers:
    """Return a column's numbers, NaN where it has none."""
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _ranges(scores: pl.DataFrame) -> pl.DataFrame:
    return scores.group_by("metric").agg(
        pl.col("value").min().alias("least"), pl.col("value").max().alias("most")
    )


def _head_starts(scores: pl.DataFrame) -> pl.DataFrame:
    """Return by deployment and metric how far its train scores are above all models', in sum."""
    of_all = pl.col("value").mean().over("scenario", *ITEM_KEY, "metric")
    return (
        scores.with_columns(above=pl.col("value") - of_all)
        .group_by("deployment", "metric")
        .agg(pl.col("above").sum(), pl.len().alias("scores"))
    )


def _predictions(terms: _Terms, train_mean: Numbers) -> Iterable[Numbers]:
    """Yield the predictions of each rung above the train mean."""
    is_known, target, count = terms.is_known, terms.target, len(train_mean)
    own_sum = np.bincount(target[is_known], terms.value[is_known], count)
    own_count = np.bincount(target[is_known], minlength=count)
    yield _fill(terms, train_mean[target], train_mean)
    own = (own_sum + OWN_LEAN * train_mean) / (own_count + OWN_LEAN)
    yield _fill(terms, own[target], train_mean)
    lean = train_mean[target] + _model_offsets(terms, train_mean)[terms.group]
    of_model = (own_sum[target] + MODEL_LEAN * lean) / (own_count[target] + MODEL_LEAN)
    yield _fill(terms, of_model, train_mean)
    by_items = _by_items(terms, of_model)
    missed = np.where(is_known, terms.value - by_items, 0.0)
    run_offset = np.bincount(target, missed, count) / (own_count + ITEM_LEAN)
    yield _fill(terms, by_items + run_offset[target], train_mean)


def _fill(terms: _Terms, estimate: Numbers, train_mean: Numbers) -> Numbers:
    """Return each target's mean over known values and estimates; the train mean without terms."""
    count = len(train_mean)
    low, high = np.nan_to_num(terms.least, nan=-np.inf), np.nan_to_num(terms.most, nan=np.inf)
    values = np.where(terms.is_known, terms.value, np.clip(estimate, low, high))
    number = np.bincount(terms.target, minlength=count)
    total = np.bincount(terms.target, values, count)
    return np.where(number > 0, total / np.maximum(number, 1), train_mean)


def _model_offsets(terms: _Terms, train_mean: Numbers) -> Numbers:
    """Return by group how far the model is above the train mean, where its items are known."""
    above, scores = terms.head_start
    group = terms.group[terms.is_known]
    missed = (terms.value - train_mean[terms.target])[terms.is_known]
    total = np.bincount(group, missed, len(above)) + above
    return total / (np.bincount(group, minlength=len(above)) + scores + OWN_LEAN)


def _by_items(terms: _Terms, otherwise: Numbers) -> Numbers:
    """Return estimates from other models' scores: a line for each group, fitted to what is known.

    It leans on the line by which the model scores as others do, and as far above as in its train
    runs.

    Args:
        otherwise: the estimates where no other model has a score.
    """
    above, scores = terms.head_start
    estimate: Any = otherwise.copy()
    has_others = ~np.isnan(terms.others)
    for group in range(len(above)):
        of_group = has_others & (terms.group == group)
        fitted = of_group & terms.is_known
        start = np.array([above[group] / (scores[group] + OWN_LEAN), 1.0])
        known = np.column_stack([np.ones(fitted.sum()), terms.others[fitted]])
        missed = terms.value[fitted] - known @ start
        line = start + np.linalg.solve(known.T @ known + np.eye(2), known.T @ missed)
        estimate[of_group] = line[0] + line[1] * terms.others[of_group]
    return np.asarray(estimate)

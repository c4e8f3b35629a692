"""How much perturbations change stats, as predicted and in fact."""

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.records import KEY


def mean_deltas(records: pl.DataFrame) -> pl.DataFrame:
    """Return how much each perturbation changes a stat, as predicted and in fact.

    A delta is the stat computed on the perturbed instances less the one computed on the original
    versions of the same instances, of one run. HELM computes both for every perturbation.

    Returns:
        One row per perturbation, stat and split: perturbed_by, stat, split, pairs (of stats that
        are both predicted), missing (pairs that are not), predicted_delta and actual_delta (means
        over the pairs, null if there are none), error, the first less the second, and
        predicted_absolute and actual_absolute, the means of |delta|: fmeval's robustness.
    """
    sides = [*(column for column in KEY if column != "perturbation"), "perturbed_by"]
    means = ("predicted_mean", "actual_mean")
    stats = records.filter(pl.col("kind") == "stat")
    perturbed, original = (
        stats.filter(pl.col("computed_on") == computed_on).select(*sides, *means)
        for computed_on in ("perturbed", "original")
    )
    both = perturbed.join(original, on=sides, suffix="_original", nulls_equal=True)
    is_pair = pl.all_horizontal(pl.col("predicted_mean", "predicted_mean_original").is_not_null())
    of_pairs = {
        side: (pl.col(mean) - pl.col(f"{mean}_original")).filter(is_pair)
        for mean, side in zip(means, ("predicted", "actual"), strict=True)
    }
    deltas = [delta.mean().alias(f"{side}_delta") for side, delta in of_pairs.items()]
    absolute = [delta.abs().mean().alias(f"{side}_absolute") for side, delta in of_pairs.items()]
    return (
        both.group_by("perturbed_by", "stat", "split")
        .agg(is_pair.sum().alias("pairs"), (~is_pair).sum().alias("missing"), *deltas, *absolute)
        .with_columns((pl.col("predicted_delta") - pl.col("actual_delta")).alias("error"))
        .sort("perturbed_by", "stat", "split")
    )


def delta_errors(records: pl.DataFrame) -> pl.DataFrame:
    """Return, for each run with a perturbed stat, the mean of |predicted - actual| delta.

    A delta is the stat on perturbed instances less the one on the same instances in their original
    form; see ``mean_deltas``. Each weighs as many instances as it is over. Pairs of which a side is
    not predicted are left out. In the stats' own unit. The mean over pairs of |delta| is fmeval's
    measure of a model's robustness (``MeanDeltaScores``); this is how far its parts are off.

    Returns:
        run_spec.name and error.
    """
    sides = [*(column for column in KEY if column != "perturbation"), "perturbed_by"]
    predicted = records.filter(pl.col("predicted_mean").is_not_null())
    perturbed, original = (
        predicted.filter(pl.col("computed_on") == of).select(*sides, "error", "instances")
        for of in ("perturbed", "original")
    )
    both = perturbed.filter(pl.col("instances") > 0).join(
        original.drop("instances"), on=sides, suffix="_original", nulls_equal=True
    )
    error = (pl.col("error") - pl.col("error_original")).abs()
    weighted = (error * pl.col("instances")).sum() / pl.col("instances").sum()
    return both.group_by(RUN_NAME, maintain_order=True).agg(weighted.alias("error"))

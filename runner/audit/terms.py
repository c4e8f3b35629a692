"""Terms: what a target's actual is a mean over, as HELM makes stats of a run from its items."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from runner.audit.loot import Loot
from runner.contract.stat import InstanceTarget, Target
from runner.suites.items import ITEM_KEY, perturbation_text

TARGETS = {
    "target": pl.Int64,
    "run": pl.Int64,
    "metric": pl.String,
    "wanted_split": pl.String,
    "wanted_sub_split": pl.String,
    "wanted_perturbation": pl.String,
    "computed_on": pl.String,
    "of_instance": pl.String,
    "of_trial": pl.Int64,
}

FLAGS = ("robustness", "fairness")
"""Stats with these names are over all perturbations that have the flag."""

TERM = ("target", "trial", "instance_id")

ALIKE = (
    ("scenario", *ITEM_KEY, "metric"),
    ("scenario_class", "input", "metric"),
    ("scenario", "metric"),
)
"""What scores of other models are of that are most like an item's: the item, or its scenario."""

RUNS_AT_ONCE = 128
"""So many runs are joined with their items at a time: of many the text columns take much memory."""


def read_terms(loot: Loot, targets: Sequence[Target | InstanceTarget]) -> pl.DataFrame:
    """Return the terms of a case's targets, run by run.

    Returns:
        (terms, target and more): ``target`` is a place among the targets; ``value`` is null where
        it is not known; ``is_known`` is whether the cheater knows all items; ``is_own`` whether
        the run's own revealed data are enough; ``others`` is what other models score, or null.
    """
    rows = target_rows(targets, loot.numbers)
    means = _mean_scores(loot.train.scores)
    is_own = pl.col("is_own")
    aggregates = [
        is_own.is_not_null().all().alias("is_known"),
        is_own.all(),
        pl.col("deployment", "metric").first(),
        pl.col("others").min(),
    ]
    numbers = list(loot.numbers.values())
    found = []
    for start in range(0, len(numbers), RUNS_AT_ONCE):
        some = pl.col("run").is_in(numbers[start : start + RUNS_AT_ONCE])
        terms = _with_others(find_terms(rows.filter(some), loot.items.filter(some)), means)
        joined = join_terms(terms, loot.known.filter(some), aggregates)
        found.append(joined.drop("trial", "instance_id"))
    return pl.concat(found)


def _mean_scores(scores: pl.DataFrame) -> list[pl.DataFrame]:
    """Return for each way to be alike the mean scores, the last column."""
    return [
        scores.group_by(key).agg(pl.col("value").mean().alias(f"others{place}"))
        for place, key in enumerate(ALIKE)
    ]


def _with_others(terms: pl.DataFrame, means: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the terms' items with what other models score, by what is most like the item."""
    found = [mean.columns[-1] for mean in means]
    for key, mean in zip(ALIKE, means, strict=True):
        terms = terms.join(mean, on=key, how="left", maintain_order="left")
    return terms.with_columns(pl.coalesce(found).alias("others")).drop(found)


def target_rows(
    targets: Iterable[Target | InstanceTarget], numbers: Mapping[str, int]
) -> pl.DataFrame:
    """Return the targets as rows, TARGETS.

    Args:
        numbers: of the runs, by their names.
    """
    rows = [
        (place, numbers[target.run_spec_name], *_name_values(target), *_instance_values(target))
        for place, target in enumerate(targets)
    ]
    return pl.DataFrame(rows, schema=TARGETS, orient="row")


def _name_values(target: Target | InstanceTarget) -> tuple[str | None, ...]:
    perturbation = target.name.perturbation or {}
    name = str(perturbation.get("name", ""))
    text = name if name in FLAGS else perturbation_text(perturbation)
    computed_on = perturbation.get("computed_on", "perturbed") if perturbation else None
    return target.name.name, target.name.split, target.name.sub_split, text, computed_on


def _instance_values(target: Target | InstanceTarget) -> tuple[str | None, int | None]:
    if isinstance(target, InstanceTarget):
        return target.instance_id, target.train_trial_index
    return None, None


def find_terms(targets: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Return the items in each term of each target.

    A term is an instance in a trial; its value is the least of its items'.

    Args:
        targets: TARGETS.
        items: of the eval runs, also those that are not revealed.

    Returns:
        (items of terms, TARGETS and the columns of ``items``).

    Source: HELM's ``compute_worst_case_metrics`` (crfm-helm 0.5).
    """
    sub_split, wanted = pl.col("sub_split"), pl.col("wanted_sub_split")
    has_plain = sub_split.is_null().any().over("run", "split")
    both = items.with_columns(has_plain=has_plain).join(targets, on="run")
    of_split = pl.col("wanted_split").is_null() | pl.col("split").eq_missing(pl.col("wanted_split"))
    of_sub_split = sub_split.eq_missing(wanted) | (wanted.is_null() & ~pl.col("has_plain"))
    of_instance = pl.col("of_instance").is_null() | (
        (pl.col("of_instance") == pl.col("instance_id")) & (pl.col("of_trial") == pl.col("trial"))
    )
    chosen = both.filter(of_split & of_sub_split & of_instance).with_columns(
        is_copy=(pl.col("perturbation") == pl.col("wanted_perturbation"))
        & (pl.col("perturbation") != "")
    )
    has_copy = pl.col("is_copy").any().over(TERM)
    return chosen.with_columns(has_copy=has_copy).filter(_belongs()).drop("is_copy", "has_copy")


def _belongs() -> pl.Expr:
    """Return whether an item's perturbation makes it a part of the target's term."""
    is_original = pl.col("perturbation") == ""
    is_copy, computed_on = pl.col("is_copy"), pl.col("computed_on")
    in_worst = (is_original | is_copy) & pl.col("has_copy")
    for flag in FLAGS:
        of_flag = is_original | pl.col("perturbation").str.contains(f'"{flag}": true', literal=True)
        in_worst = pl.when(pl.col("wanted_perturbation") == flag).then(of_flag).otherwise(in_worst)
    return (
        pl.when(computed_on.is_null())
        .then(is_original)
        .when(computed_on == "original")
        .then(is_original & pl.col("has_copy"))
        .when(computed_on == "worst")
        .then(in_worst)
        .otherwise(is_copy)
    )


def join_terms(
    terms: pl.DataFrame, values: pl.DataFrame, others: Sequence[pl.Expr]
) -> pl.DataFrame:
    """Return one row per term: the target, its value (null if an item's is), and the others.

    Args:
        values: (run, ITEM_KEY, metric, value and more).
        others: aggregates of the items of a term.
    """
    joined = terms.join(values, on=["run", *ITEM_KEY, "metric"], how="left", maintain_order="left")
    least = pl.when(pl.col("value").is_null().any()).then(None).otherwise(pl.col("value").min())
    return joined.group_by(TERM, maintain_order=True).agg(least.alias("value"), *others)

"""The baseline that skill is measured against: the mean of the train runs' same stat."""

from collections.abc import Sequence

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, STAT_NAME_PREFIX
from runner.contract.stat import InstanceTarget, MetricName, Target

MEAN = "stats.mean"
PER_INSTANCE_PREFIX = "per_instance_stats."


def train_mean_baseline(
    train_stats: pl.DataFrame, targets: Sequence[Target | InstanceTarget]
) -> list[float | None]:
    """Return for each target the mean of the train stats that are most like it.

    Those of its stat, narrowed by split, sub_split and each field of the perturbation in turn, but
    for a field that would leave none: what the example image train_mean predicts. None if no train
    run has the stat.

    Args:
        train_stats: the case's train stats; for instance targets its per-instance stats.
    """
    prefix = PER_INSTANCE_PREFIX if f"{PER_INSTANCE_PREFIX}{MEAN}" in train_stats.columns else ""
    if f"{prefix}{MEAN}" not in train_stats.columns:
        return [None] * len(targets)
    key = [name for name in train_stats.columns if name.startswith(prefix + STAT_NAME_PREFIX)]
    stats = (
        train_stats.select(*key, f"{prefix}{MEAN}")
        .rename(lambda name: name.removeprefix(prefix))
        .filter(pl.col(MEAN).is_not_null())
    )
    means: dict[MetricName, float | None] = {}
    for name in {target.name for target in targets}:
        similar = _similar(stats, name)[MEAN].to_numpy()
        means[name] = float(similar.mean()) if len(similar) else None
    return [means[target.name] for target in targets]


def _similar(stats: pl.DataFrame, name: MetricName) -> pl.DataFrame:
    """Return the rows of the stat, narrowed by every field of the name that leaves any."""
    rows = stats.filter(pl.col(f"{STAT_NAME_PREFIX}name") == name.name)
    wanted = {
        f"{STAT_NAME_PREFIX}split": name.split,
        f"{STAT_NAME_PREFIX}sub_split": name.sub_split,
    }
    perturbation = name.perturbation or {"name": None}
    wanted |= {f"{PERTURBATION_PREFIX}{field}": value for field, value in perturbation.items()}
    for column, value in wanted.items():
        if column in rows.columns and not rows.schema[column].is_nested():
            is_same = pl.col(column).is_null() if value is None else pl.col(column) == pl.lit(value)
            same = rows.filter(is_same)
            rows = same if same.height else rows
    return rows

"""What skill is measured against: the mean of the same stat, of train runs or of a sample."""

from collections.abc import Sequence

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, STAT_NAME_PREFIX
from runner.contract.stat import InstanceTarget, MetricName, Target

MEAN = "stats.mean"
PER_INSTANCE_PREFIX = "per_instance_stats."


def mean_of_similar(
    known: pl.DataFrame, targets: Sequence[Target | InstanceTarget]
) -> list[float | None]:
    """Return for each target the mean of the known stats that are most like it.

    The stats of the same name are narrowed by split, sub_split and each field of the perturbation
    in turn; a field that would leave none is skipped. The example image train_mean predicts the
    same. None if the stat is not known.

    Args:
        known: a case's train stats, for instance targets its per-instance stats; or the stats of
            the eval run's own revealed instances.
    """
    prefix = PER_INSTANCE_PREFIX if f"{PER_INSTANCE_PREFIX}{MEAN}" in known.columns else ""
    if f"{prefix}{MEAN}" not in known.columns:
        return [None] * len(targets)
    key = [name for name in known.columns if name.startswith(prefix + STAT_NAME_PREFIX)]
    # Of a run's dozens of stats few are targets, and the others need not be taken apart.
    wanted = pl.col(f"{prefix}{STAT_NAME_PREFIX}name").is_in({each.name.name for each in targets})
    stats = (
        known[[*key, f"{prefix}{MEAN}"]]
        .filter(wanted & pl.col(f"{prefix}{MEAN}").is_not_null())
        .rename(lambda name: name.removeprefix(prefix))
    )
    of_stat = stats.partition_by(f"{STAT_NAME_PREFIX}name", as_dict=True)
    means: dict[MetricName, float | None] = {}
    for name in {target.name for target in targets}:
        rows = of_stat.get((name.name,))
        means[name] = None if rows is None else _mean_of_similar(rows, name)
    return [means[target.name] for target in targets]


def _mean_of_similar(rows: pl.DataFrame, name: MetricName) -> float:
    """Return the mean of a stat's rows, narrowed by every field of the name that leaves any."""
    wanted = {
        f"{STAT_NAME_PREFIX}split": name.split,
        f"{STAT_NAME_PREFIX}sub_split": name.sub_split,
    }
    perturbation = name.perturbation or {"name": None}
    wanted |= {f"{PERTURBATION_PREFIX}{field}": value for field, value in perturbation.items()}
    is_similar = _everywhere(rows.height, value=True)
    for column, value in wanted.items():
        if column in rows.columns:
            narrowed = is_similar & _equals(rows[column], value)
            is_similar = narrowed if narrowed.any() else is_similar
    return float(rows[MEAN].filter(is_similar).to_numpy().mean())


def _equals(column: pl.Series, value: object) -> pl.Series:
    """Return where a column has the value, or null for no; nowhere if it is of another type."""
    # Series, because a query of Polars takes longer than the rows of a stat do.
    if value is None:
        nulls = column.null_count()
        is_mixed = 0 < nulls < len(column)
        return column.is_null() if is_mixed else _everywhere(len(column), value=nulls > 0)
    kinds = {pl.Boolean: bool, pl.String: str}
    kind = (int, float) if column.dtype.is_numeric() else kinds.get(type(column.dtype), ())
    if not isinstance(value, kind):
        return _everywhere(len(column), value=False)
    return column == value


def _everywhere(rows: int, *, value: bool) -> pl.Series:
    return pl.Series([value]).new_from_index(0, rows)

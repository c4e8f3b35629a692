"""The score that a ledger records: a mean of bounded losses on the public split.

Only such a mean is always defined, whatever is predicted, and moves by a bounded amount with each
target. A correlation of constant predictions has no value, and a single huge prediction would carry
any number through a mean that is not bounded.
"""

from collections.abc import Collection, Mapping

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.reports.records import report_records
from runner.reports.report import Report
from runner.scores.policy import ScoringPolicy
from runner.scores.weights import share_of_run, weigh
from runner.submissions.bounded_losses import ZERO_OR_ONE, largest_loss
from runner.submissions.ladder import PublicScore
from runner.submissions.split import Group, Specs, restrict_report, scored_specs
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_eval_run_specs
from runner.untrusted import quote

BOUNDED = ("mae", "brier", "instance_mae")
"""The metrics that are means of losses."""


def check_scoring(suite: Suite) -> None:
    """Refuse a suite whose score can't be published a little at a time.

    Raises:
        UsageError: its primary metric is no mean of bounded losses, or its actuals are farther
            apart than the range that it states.
    """
    policy = suite.scoring
    if policy.primary not in BOUNDED:
        raise UsageError(
            f"{suite.name}: its primary metric is {policy.primary}. A ledger needs a mean of "
            f"bounded losses, which has a value whatever is predicted: {', '.join(BOUNDED)}. "
            "Choose one in the suite's spec: scoring: {primary: mae}"
        )
    if policy.primary == "brier":
        return
    found = [suite.actuals(case) for case in suite.cases]
    of_runs = policy.primary == "mae"
    means = [
        stat.mean
        for actuals in found
        for stat in (actuals.stats if of_runs else actuals.instance_stats).values()
        if stat.mean is not None
    ]
    if means and max(means) - min(means) > policy.largest_loss:
        raise UsageError(
            f"{suite.name}: some actuals are farther apart than the largest loss that counts, "
            f"{policy.largest_loss:g}. Say in the suite's spec which means are possible: "
            "scoring: {range: [least, largest]}"
        )


def scored_runs(suite: Suite) -> Specs:
    """Return the specs of the eval runs that the score is of."""
    is_of_runs = suite.scoring.primary_metric.kind == "stat"
    stats = (
        (target.run_spec_name, target.name.name, stat.mean)
        for actuals in map(suite.actuals, suite.cases)
        for target, stat in (actuals.stats if is_of_runs else actuals.instance_stats).items()
    )
    return scored_specs(read_eval_run_specs(suite), stats, suite.scoring)


def check_kinds(suite: Suite, public: Collection[str]) -> None:
    """Refuse a split of which one side has only zeros and ones of a stat of instances.

    It would be a probability there, which another metric scores, and no score would tell of it.

    Args:
        public: the names of the public runs.

    Raises:
        UsageError: names the stat.
    """
    if suite.scoring.primary == "mae":
        return
    sides: dict[str, dict[bool, set[bool]]] = {}
    for case in suite.cases:
        for target, stat in suite.actuals(case).instance_stats.items():
            of_stat = sides.setdefault(target.name.name, {})
            side = of_stat.setdefault(target.run_spec_name in public, set())
            side.add(stat.mean in ZERO_OR_ONE)
    for name, of_stat in sides.items():
        only_binary = {side == {True} for side in of_stat.values()}
        if len(only_binary) > 1:
            raise UsageError(
                f"{suite.name}: on one side of the split every actual of {quote(name)} is 0 or 1, "
                "on the other not, so that they would be scored in two ways. Hold out more runs, "
                "or make a ledger with another seed."
            )


def score_public(
    report: Report, groups: Mapping[str, Group]
) -> tuple[PublicScore, PublicScore] | None:
    """Return the score on the public split, and the train mean's; None without a target there.

    Where there is no train mean, the baseline has the largest loss.

    Args:
        groups: of the public runs.
    """
    policy = report.scoring
    records = report_records(restrict_report(report, groups))
    names = {run: repr(group) for run, group in groups.items()}
    counted = records.filter(
        pl.col("kind") == policy.primary_metric.kind, pl.col("error").is_not_null()
    )
    losses = weigh(counted, policy).select(
        pl.col(RUN_NAME).replace_strict(names).alias("group"),
        _loss(pl.col("error"), policy).alias("loss"),
        _loss(pl.col("baseline") - pl.col("actual_mean"), policy)
        .fill_null(largest_loss(policy))
        .alias("baseline"),
        _weight(policy).alias("weight"),
    )
    if losses.is_empty() or not losses["weight"].sum():
        return None
    weighted = [(pl.col(name) * pl.col("weight")).sum() for name in ("loss", "baseline")]
    sums = losses.group_by("group").agg(*weighted, pl.col("weight").sum()).sort("group")
    return _mean(sums, "loss"), _mean(sums, "baseline")


def _loss(error: pl.Expr, policy: ScoringPolicy) -> pl.Expr:
    absolute = error.abs().clip(0, largest_loss(policy))
    return absolute.pow(2) if policy.primary == "brier" else absolute


def _weight(policy: ScoringPolicy) -> pl.Expr:
    """Return each target's weight as in the suite's score: its share of its run, each run the same.

    With weights of scenarios, its share of its scenario's.
    """
    if not policy.scenario_weights:
        return share_of_run()
    weights = pl.col("scenario").replace_strict(
        dict(policy.scenario_weights), default=1.0, return_dtype=pl.Float64
    )
    return weights * share_of_run() / share_of_run().sum().over("scenario")


def _mean(sums: pl.DataFrame, column: str) -> PublicScore:
    """Return the weighted mean with those without each group; groups without weight don't count."""
    counted = sums.filter(pl.col("weight") > 0)
    losses, weights = counted[column].to_numpy(), counted["weight"].to_numpy()
    loss, weight = float(losses.sum()), float(weights.sum())
    left_out = (loss - losses) / (weight - weights) if len(weights) > 1 else losses[:0]
    return PublicScore(loss / weight, tuple(left_out.tolist()))

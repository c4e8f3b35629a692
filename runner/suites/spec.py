"""The spec of a suite: what an organizer writes, checked field by field."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from runner.contract.limits import Limits
from runner.files.wrong_fields import fault_below
from runner.scores.policy import ScoringPolicy
from runner.scores.units import refuse_mixed_units
from runner.suites.division_spec import (
    LARGEST_SEED,
    Division,
    Explicit,
    Extrapolate,
    KFold,
    LeaveOneOut,
    Sampled,
    StrictModel,
)
from runner.suites.revealed import Revealed

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LONGEST_NAME = 100
"""Names are used in paths, in manifests and on terminals."""

Group = Literal["sweeps", "twins"]
Accepted = Literal["twins", "derivable", "shared"]


CORRELATIONS = ("pearson", "spearman", "kendall", "model_rank")
"""Metrics of the order of targets."""

WITHIN_SCENARIOS = ("kendall", "model_rank")
"""Those of them that compare models alone: a case that holds out a scenario has them all."""


class TargetSpec(StrictModel):
    """Which stats of an eval run become targets.

    A field that is left out matches anything; one that is null matches stats without it. So
    ``{stat: exact_match, split: test, perturbation: null}`` is the unperturbed stat of the test
    split alone. ``perturbation`` is a perturbation's name, ``computed_on`` the instances that its
    stat is over.
    """

    stat: str
    split: str | None = None
    sub_split: str | None = None
    perturbation: str | None = None
    computed_on: Literal["original", "perturbed", "worst"] | None = None


def _stat_alone(value: Any) -> Any:
    return {"stat": value} if isinstance(value, str) else value


Target = Annotated[TargetSpec, BeforeValidator(_stat_alone)]


def _numbers_alone(limits: Any) -> Any:
    """Refuse what would be taken as a number: true as 1, and texts."""
    for name, value in limits.items() if isinstance(limits, Mapping) else ():
        if isinstance(value, bool | str):
            raise fault_below(f"should be a number, not {value!r:.40}", name)
    return limits


NumericLimits = Annotated[Limits, BeforeValidator(_numbers_alone)]


class SuiteSpec(StrictModel):
    """What a suite is built from. ``name``, ``version`` and ``helm_runs`` alone make one.

    Attributes:
        helm_runs: paths or globs of HELM runs, relative to the spec's own directory.
        partial_runs: whether a run that lacks a file is refused, or used for what it has.
        targets: the run-level stats to predict.
        instance_targets: the per-instance stats to predict, of the revealed instances.
        division: how runs are divided into cases.
        keep_together: groups of runs that are never on both sides of a case.
        revealed: what of the eval runs is shown.
        assets: a directory of files that every container gets at ``/input/assets``.
        limits: what a predictor may use.
        scoring: the metric that ranks, and what missing predictions, scenarios and stats weigh.
        accept: kinds of audit findings that are intended; any other makes the build fail.
        seed: draws runs, folds and revealed instances.
    """

    name: str = Field(pattern=NAME_PATTERN, max_length=LONGEST_NAME)
    version: str = Field(pattern=NAME_PATTERN, max_length=LONGEST_NAME)
    description: str = ""
    license: str = ""
    helm_runs: tuple[str, ...] = Field(min_length=1)
    partial_runs: Literal["refuse", "use"] = "refuse"
    targets: tuple[Target, ...] = Field(default_factory=lambda: (TargetSpec(stat="exact_match"),))
    instance_targets: tuple[Target, ...] = ()
    division: Division = Field(default_factory=Sampled)
    keep_together: tuple[Group, ...] = ("sweeps", "twins")
    revealed: Revealed = Field(default_factory=Revealed)
    assets: str | None = None
    limits: NumericLimits = Limits()
    scoring: ScoringPolicy = Field(default_factory=ScoringPolicy)
    accept: tuple[Accepted, ...] = ()
    seed: int = Field(default=1, strict=True, ge=0, le=LARGEST_SEED)

    @model_validator(mode="after")
    def _does_not_reveal_instance_targets(self) -> "SuiteSpec":
        if self.revealed.scores and self.instance_targets:
            raise fault_below(
                "shows the stats that instance_targets asks to predict: leave out one of the two",
                *("revealed", "scores"),
            )
        return self

    @model_validator(mode="after")
    def _has_something_to_draw_again(self) -> "SuiteSpec":
        """Refuse replicates that would all be the same."""
        division = self.division
        is_same = (
            isinstance(division, LeaveOneOut | Extrapolate | Explicit)
            and not self.revealed.is_drawn
        )
        if division.replicates > 1 and is_same:
            raise fault_below(
                f"with {division.method} only the revealed instances are drawn, and "
                f"revealed.instances is {self.revealed.instances}: all {division.replicates} would "
                "be the same. Leave replicates out, or reveal some of the instances",
                *("division", "replicates"),
            )
        return self

    @property
    def scored_stats(self) -> tuple[str, ...]:
        """The names of the stats that the primary metric is of."""
        of_runs = self.scoring.primary_metric.is_of_runs
        return tuple(target.stat for target in (self.targets if of_runs else self.instance_targets))

    @model_validator(mode="after")
    def _adds_up_one_unit(self) -> "SuiteSpec":
        asked = {target.stat for target in (*self.targets, *self.instance_targets)}
        for field in ("units", "stat_weights"):
            for stat in getattr(self.scoring, field):
                if stat not in asked:
                    raise fault_below(f"{stat!r} is no target of the suite", "scoring", field, stat)
        try:
            refuse_mixed_units(self.scored_stats, self.scoring)
        except ValueError as error:
            raise fault_below(str(error), "scoring") from error
        if self.scored_stats and not any(map(self.scoring.counts, self.scored_stats)):
            raise fault_below(
                f"all stats that {self.scoring.primary} is of have the weight 0: give one of them "
                "another, or leave stat_weights out",
                *("scoring", "stat_weights"),
            )
        return self

    @model_validator(mode="after")
    def _has_budgets_to_rank_by(self) -> "SuiteSpec":
        if self.scoring.primary == "budget_area" and len(self.revealed.budgets) == 1:
            raise fault_below(
                "budget_area is the error over several budgets: give revealed.instances two or "
                "more numbers, e.g. [1, 2, 4, 8], or take mae",
                *("scoring", "primary"),
            )
        return self

    @model_validator(mode="after")
    def _is_not_put_in_order_across_cases(self) -> "SuiteSpec":
        """Refuse correlations over cases that each train on what the others evaluate.

        What a case leaves out lowers its own train mean: a mean of the train runs is then in the
        wrong order, and minus the sum of the others in the right one.
        """
        primary, division = self.scoring.primary, self.division
        if primary not in CORRELATIONS or not isinstance(division, LeaveOneOut | KFold):
            return self
        if primary not in WITHIN_SCENARIOS or division.by != "scenario":
            raise ValueError(
                f"with {division.method}, primary: {primary} puts targets of several cases in "
                "order, which the train runs' own mean gets wrong; take mae or skill, or kendall "
                "with by: scenario"
            )
        return self

"""How much of each actual a cheater could recompute from what a case shows.

HELM's run-level stats are means over instances, so an instance whose value is known determines its
share of the actual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from runner.audit.leak import Leak
from runner.audit.loot import Loot, Undone
from runner.audit.rungs import Rung, climb
from runner.audit.terms import read_terms
from runner.contract import layout
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.suites.actuals import Actuals

STATES = "scenario_state.request_states."

GOLD_METRICS = "completions and gold, or with their scores"
"""What other metrics are made of: where both are shown, their stats count as determined too."""

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Determined:
    """How much of one target's actual is determined.

    Attributes:
        known: instances whose value the cheater knows.
        instances: all instances that the actual is a mean over.
        is_own: whether the run's own revealed data are enough for all that is known.
        recomputed: the mean over all instances, or None if some are not known, or if the metric is
            not one that the cheater knows.
        actual: the actual mean.
    """

    target: Target | InstanceTarget
    known: int
    instances: int
    is_own: bool
    recomputed: float | None
    actual: float

    @property
    def wholly(self) -> bool:
        """Return whether nothing of the actual is left to predict.

        What other runs tell has to prove true: a model may answer the same differently.
        """
        if self.instances == 0 or self.known < self.instances:
            return False
        return self.is_own or self.recomputed is None or self.is_exact

    @property
    def is_exact(self) -> bool:
        """Return whether what was recomputed is the actual."""
        return self.recomputed is not None and abs(self.recomputed - self.actual) < TOLERANCE


@dataclass(frozen=True)
class Derivability:
    """What a cheater gets from a case, in figures.

    Attributes:
        known: instances whose value it knows, summed over the targets.
        instances: all that the actuals are means over, summed likewise.
        targets: how many there are.
        wholly: how many of them are wholly determined.
        uncounted: how many have no instances that are known of.
        rungs: how near it comes to all targets, by how much it uses.
    """

    known: int
    instances: int
    targets: int
    wholly: int
    uncounted: int
    rungs: tuple[Rung, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return asdict(self)

    def __str__(self) -> str:
        """Return the figures in words."""
        share = f"{self.known / self.instances:.0%}" if self.instances else "an unknown share"
        more = f"; of {self.uncounted} it is unknown, as their runs have no instances"
        words = (
            f"{share} of the actuals is determined by what is revealed ({self.known} of "
            f"{self.instances} instances over {self.targets} targets; {self.wholly} targets wholly"
            f"{more if self.uncounted else ''})"
        )
        rungs = ", ".join(map(str, self.rungs))
        return f"{words}. A cheater's MAE (R2): {rungs}" if rungs else words


@dataclass(frozen=True)
class Derived:
    """What a cheater gets from a case.

    Attributes:
        determined: target by target, what of it is certain.
        rungs: as in ``Derivability``.
    """

    determined: tuple[Determined, ...]
    rungs: tuple[Rung, ...]

    def figures(self) -> Derivability:
        """Return it without the many targets."""
        return Derivability(
            known=sum(each.known for each in self.determined),
            instances=sum(each.instances for each in self.determined),
            targets=len(self.determined),
            wholly=sum(each.wholly for each in self.determined),
            uncounted=sum(not each.instances for each in self.determined),
            rungs=self.rungs,
        )


def derive(loot: Loot, actuals: Actuals) -> Derived:
    """Return what a cheater gets from a case."""
    stats: list[tuple[Target | InstanceTarget, Stat]] = [
        *actuals.stats.items(),
        *actuals.instance_stats.items(),
    ]
    targets = [target for target, _ in stats]
    terms = read_terms(loot, targets)
    actual = np.array([stat.mean or 0.0 for _, stat in stats])
    return Derived(tuple(_determine(terms, stats)), climb(loot, terms, targets, actual))


def _determine(
    terms: pl.DataFrame, stats: Sequence[tuple[Target | InstanceTarget, Stat]]
) -> list[Determined]:
    by_target = terms.group_by("target").agg(
        pl.col("is_known").sum().alias("known"),
        pl.len().alias("instances"),
        pl.col("is_own").all(),
        pl.when(pl.col("value").is_not_null().all()).then(pl.col("value").mean()).first(),
    )
    found = {row["target"]: row for row in by_target.iter_rows(named=True)}
    nothing = {"known": 0, "instances": 0, "is_own": True, "value": None}
    determined = []
    for place, (target, stat) in enumerate(stats):
        row = found.get(place, nothing)
        values = (row["known"], row["instances"], row["is_own"], row["value"])
        determined.append(Determined(target, *values, actual=stat.mean or 0.0))
    return determined


def find_derivable(case: str, determined: Sequence[Determined]) -> list[Leak]:
    """Return a leak for each run that has targets with nothing left to predict."""
    by_run: dict[str, list[Determined]] = {}
    for each in determined:
        if each.wholly:
            by_run.setdefault(each.target.run_spec_name, []).append(each)
    leaks = []
    for run, found in by_run.items():
        first = found[0]
        others = f"; so are those of {len(found) - 1} more targets" if len(found) > 1 else ""
        proof = f", recomputed as {first.recomputed:.4g}, its actual" if first.is_exact else ""
        by = "" if first.is_own else ", here or in other runs of the case,"
        leaks.append(
            Leak(
                kind="derivable",
                case=case,
                file=layout.EVAL_SCENARIO_STATES,
                column=f"{STATES}result.completions",
                what=f"{run}: all {first.instances} instances of {first.target.name} are revealed"
                f"{by} with {GOLD_METRICS}{proof}{others}",
                advice="Reveal fewer instances (revealed.instances), or hide completions, gold or "
                "scores",
            )
        )
    return leaks


def find_undone(case: str, undone: Sequence[Undone], names: Mapping[int, str]) -> list[Leak]:
    """Return a leak if gold that the spec hides is found elsewhere in the case.

    Args:
        names: of the train runs, by their numbers.
    """
    if not undone:
        return []
    first, told = undone[0], undone[0].told[0]
    who = "the scenario" if told.run is None else names[told.run]
    count, revealed = sum(len(each.told) for each in undone), sum(each.revealed for each in undone)
    return [
        Leak(
            kind="derivable",
            case=case,
            file=layout.TRAIN_SCENARIO_STATES,
            column=f"{STATES}instance.references",
            what=f"the spec hides gold, but it is found for {count} of {revealed} revealed "
            f"instances, e.g. {told.item.place[0]} of {first.run}: {who} {told.reason}",
            advice="Hide completions (completions: false), or hold out whole scenarios (by: "
            "scenario): train runs are always given whole",
        )
    ]

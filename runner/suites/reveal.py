"""What a draw reveals of an eval run: some instances, and of these what the spec shows.

Frames are made by an allow-list of columns from a fresh table; see ``staged_files``.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import polars.selectors as cs

from runner.contract import layout
from runner.contract.stat import Stat, Target
from runner.helm_outputs.frames import read_instance_stats, read_scenario_states
from runner.helm_outputs.json_text import to_text
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import RunDirectory
from runner.scores.baseline import mean_of_similar
from runner.suites.eval_side import choose_columns, instance_splits
from runner.suites.eval_targets import RunTargets, choose_instance_targets, of_instances
from runner.suites.revealed import Revealed
from runner.suites.spec import TargetSpec
from runner.suites.staged_files import STAGED_FILES


@dataclass(frozen=True)
class Reveal:
    """What a suite keeps of the instances of an eval run that one draw reveals.

    Attributes:
        instance_ids: of these.
        scenario_states: (their request states, revealed columns).
        scores: (their stats, revealed columns); None if the suite does not reveal them.
        instance_targets: the per-instance ones.
    """

    instance_ids: tuple[str, ...]
    scenario_states: pl.DataFrame
    scores: pl.DataFrame | None
    instance_targets: RunTargets

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """Return what a container may see, by the file below ``/input`` that it is a part of."""
        scores = {} if self.scores is None else {layout.EVAL_PER_INSTANCE_STATS: self.scores}
        return {
            layout.EVAL_SCENARIO_STATES: self.scenario_states,
            **scores,
            layout.EVAL_INSTANCE_TARGETS: self.instance_targets.keys,
        }


def make_reveals(
    runs: Sequence[tuple[RunDirectory, RunFrames]],
    instance_ids: Sequence[tuple[str, ...]],
    revealed: Revealed,
    instance_targets: Sequence[TargetSpec],
) -> list[Reveal]:
    """Return what is kept of some instances of each eval run.

    Args:
        instance_ids: those of each run.

    Raises:
        SuiteError: a run's files are not what HELM writes, or a mean can't be scored.
    """
    states = reveal_states([run for run, _ in runs], instance_ids, revealed)
    return [
        Reveal(
            ids,
            of_run,
            reveal_scores(run, ids) if revealed.scores else None,
            choose_instance_targets(run, frames, ids, instance_targets),
        )
        for (run, frames), ids, of_run in zip(runs, instance_ids, states, strict=True)
    ]


def sample_means(
    frames: RunFrames, instance_ids: Sequence[str], targets: Sequence[Stat]
) -> list[float | None]:
    """Return for each target of a run the mean of the same stat over some of its instances.

    None where these don't have the stat. The means are never shown.
    """
    sample = of_instances(frames.per_instance_stats, instance_ids).select(~cs.nested())
    return mean_of_similar(sample, [Target("", target.name) for target in targets])


def draw_budgets(
    states: pl.DataFrame, revealed: Revealed, rng: random.Random, *, as_magnet: bool
) -> list[tuple[str, ...]]:
    """Return the ids of the instances that each budget reveals; the larger has the smaller's.

    Args:
        states: the request states of the run.
        rng: draws them, as many as the largest budget reveals.
        as_magnet: whether these are MAGNET's own draws; if not, a draw that would reveal a whole
            split leaves out one of its instances.
    """
    splits = instance_splits(states)
    if revealed.instances == "all":
        return [tuple(splits)]
    budgets = [budget or 0 for budget in revealed.budgets]
    drawn = draw_instances(list(splits), max(budgets), rng)
    nested = [drawn[:budget] for budget in budgets]
    return nested if as_magnet else [_leave_one_of_each_split(some, splits) for some in nested]


def _leave_one_of_each_split(drawn: Sequence[str], splits: Mapping[str, str]) -> tuple[str, ...]:
    total, revealed = Counter(splits.values()), Counter(splits[each] for each in drawn)
    last = {splits[each]: each for each in drawn}
    left = {last[split] for split, count in revealed.items() if count == total[split]}
    return tuple(each for each in drawn if each not in left)


def reveal_states(
    runs: Sequence[RunDirectory], instance_ids: Sequence[Sequence[str]], revealed: Revealed
) -> list[pl.DataFrame]:
    """Return the allowed columns of the request states of each run's revealed instances.

    Raises:
        SuiteError: a file is not what HELM writes.
    """
    if revealed.gold:
        frames = read_scenario_states(runs, instance_ids)
    else:
        frames = read_scenario_states(runs, instance_ids, _without_gold)
    shown = STAGED_FILES[layout.EVAL_SCENARIO_STATES].allowed_columns(revealed)
    return [choose_columns(states, shown) for states in frames]


def reveal_scores(run: RunDirectory, instance_ids: Sequence[str]) -> pl.DataFrame:
    """Return the allowed columns of the stats of some instances.

    Raises:
        SuiteError: the file is not what HELM writes.
    """
    # What an entry may have is no choice of a spec.
    shown = STAGED_FILES[layout.EVAL_PER_INSTANCE_STATS].allowed_columns(Revealed())
    return choose_columns(read_instance_stats(run, instance_ids), shown)


def _without_gold(state: dict[str, Any]) -> dict[str, Any]:
    """Return a request state whose references don't show which of them is correct.

    They don't show it by tags; nor by order, as a scenario may list the correct one first; nor by
    being alone: where every reference is correct, none is shown.
    """
    instance = state["instance"]
    if "references" not in instance:
        return state
    untold = _untold(instance["references"] or [])
    return {**state, "instance": {**instance, "references": untold}}


def _untold(references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if all("correct" in (reference.get("tags") or ()) for reference in references):
        return []
    untagged = [{**reference, "tags": []} for reference in references]
    return sorted(untagged, key=to_text)


def draw_instances(instance_ids: Sequence[str], most: int, rng: random.Random) -> tuple[str, ...]:
    """Return the ids of the revealed instances, all of them if there are too few to sample.

    Source: as ``draw_sampled``; with the same generator these are MAGNET's own draws.
    """
    distinct = list(dict.fromkeys(instance_ids))
    positions = rng.sample(range(len(distinct)), min(len(distinct), most))
    return tuple(distinct[position] for position in positions)

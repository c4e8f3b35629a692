"""What a suite keeps of one eval run: its spec, the targets' keys, and the actuals.

Frames that go to a container are made by an allow-list of columns from a fresh table; see
``staged_files``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from runner.contract import layout
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import RunDirectory
from runner.suites.eval_targets import RunTargets, choose_targets
from runner.suites.revealed import Revealed
from runner.suites.spec import TargetSpec
from runner.suites.staged_files import STAGED_FILES

INSTANCE_SPLIT = "scenario_state.request_states.instance.split"


@dataclass(frozen=True)
class EvalSide:
    """What a suite keeps of one eval run, whatever is drawn.

    Attributes:
        run_specs: (1, revealed columns).
        instances_by_split: how many instances the run has; under ``""`` those without a split.
        targets: the run-level ones.
    """

    run_specs: pl.DataFrame
    instances_by_split: Mapping[str, int]
    targets: RunTargets

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """Return what a container may see, by the file below ``/input`` that it is a part of."""
        return {layout.EVAL_RUN_SPECS: self.run_specs, layout.EVAL_TARGETS: self.targets.keys}


def make_eval_side(
    run: RunDirectory, frames: RunFrames, revealed: Revealed, targets: Sequence[TargetSpec]
) -> EvalSide:
    """Return what is kept of an eval run, whatever is drawn.

    Args:
        frames: the run's own, of which only allowed parts go on.

    Raises:
        SuiteError: the run's files are not what HELM writes, or its means can't be scored.
    """
    shown = STAGED_FILES[layout.EVAL_RUN_SPECS].allowed_columns(revealed)
    return EvalSide(
        run_specs=choose_columns(frames.run_specs, shown),
        instances_by_split=dict(Counter(instance_splits(frames.scenario_states).values())),
        targets=choose_targets(run, frames.stats, targets),
    )


def instance_splits(states: pl.DataFrame) -> dict[str, str]:
    """Return the split of every instance, by its id, in HELM's order."""
    if STATE_INSTANCE_ID not in states.columns:
        return {}
    has_split = INSTANCE_SPLIT in states.columns
    splits = states[INSTANCE_SPLIT].to_list() if has_split else [None] * states.height
    of_states = ["" if split is None else split for split in splits]
    return dict(zip(states[STATE_INSTANCE_ID].to_list(), of_states, strict=True))


def choose_columns(frame: pl.DataFrame, allowed: Sequence[str]) -> pl.DataFrame:
    """Return a frame of the allowed columns only. What HELM may add later stays withheld."""
    exact = {name for name in allowed if not name.endswith(".")}
    prefixes = tuple(name for name in allowed if name.endswith("."))
    columns = frame.columns
    names = [name for name in columns if name in exact or name.startswith(prefixes)]
    if names == columns:
        return frame
    # Not by ``select``, which makes a query first. An empty list would choose rows.
    return frame[names] if names else pl.DataFrame()

"""What one of MAGNET's predictors gets of a case: less, if its filters or its samples say so.

MAGNET 0.1.0 applies them before it divides runs (``Predictor.prepare_all_dataframes``). Here the
suite has divided them, so that each is applied to both sides.
"""

import random
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runner.contract.layout import RUN_NAME

if TYPE_CHECKING:
    import pandas as pd

STATE_INSTANCE_ID = "scenario_state.request_states.instance.id"

POLICIES = ("error", "warn", "ignore")
"""What MAGNET does if there are fewer rows than ``num_eval_samples``."""


def choose_runs(
    predictor: Any, run_specs: "pd.DataFrame", documents: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Return the names of the runs that both of the predictor's filters let pass.

    Args:
        predictor: MAGNET's, with ``run_spec_filter`` and ``run_spec_dataframe_filter``.
        run_specs: one row per run.
        documents: HELM's JSON of each run spec, by run, which the first filter gets.
    """
    passed = run_specs[RUN_NAME].map(lambda name: bool(predictor.run_spec_filter(documents[name])))
    selected = run_specs[passed.astype(bool)]
    if selected.empty:
        return []
    kept = selected[selected.apply(predictor.run_spec_dataframe_filter, axis=1).astype(bool)]
    return list(kept[RUN_NAME])


def refuse_too_few(predictor: Any, states: "pd.DataFrame") -> None:
    """Do what the predictor's policy says if a run reveals fewer rows than it wants to sample.

    Raises:
        RuntimeError: the policy is ``error``.
        ValueError: there is no such policy.
    """
    policy = str(getattr(predictor, "insufficient_eval_sample_policy", "ignore"))
    for run, of_run in states.groupby(RUN_NAME, sort=False):
        if predictor.num_eval_samples <= len(of_run):
            continue
        few = f"{run}: {len(of_run)} rows are revealed, and num_eval_samples is "
        few += f"{predictor.num_eval_samples}: not enough rows in eval scenario_state to sample"
        if policy not in POLICIES:
            raise ValueError(f"insufficient_eval_sample_policy is {policy!r}, none of {POLICIES}")
        if policy == "error":
            raise RuntimeError(f"{few}. Ask for fewer, or for a suite that reveals more")
        if policy == "warn":
            print(f"warning: {few}", file=sys.stderr, flush=True)  # noqa: T201  (for the log)


def sample_states(predictor: Any, states: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """Return the request states of as many instances of each run as the predictor samples."""
    rng = random.Random(seed)  # noqa: S311  (a draw to repeat)
    sampled = set()
    for run, of_run in states.groupby(RUN_NAME, sort=False):
        ids = list(of_run[STATE_INSTANCE_ID].unique())
        chosen = rng.sample(range(len(ids)), min(len(ids), predictor.num_eval_samples))
        sampled |= {(run, ids[place]) for place in chosen}
    keys = zip(states[RUN_NAME], states[STATE_INSTANCE_ID], strict=True)
    return states[[key in sampled for key in keys]]


def of_runs(frame: "pd.DataFrame", names: list[str]) -> "pd.DataFrame":
    """Return the rows of these runs."""
    return frame[frame[RUN_NAME].isin(names)]

"""Predict a run's mean from how probable its correct references are for a small language model."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from llama import Llama

from runner.contract import Predictor, Stat, Target

WEIGHTS = Path(__file__).with_name("weights") / "SmolLM2-135M-Instruct.Q4_1.gguf"
STATE = "scenario_state.request_states."
RUN = "run_spec.name"
MOST_INSTANCES = 4
"""Of a run: each costs about half a second of one CPU."""

PENALTY = 1.0


class SmallModel(Predictor):
    """Fits a line, by ridge regression, from what the model finds probable to the train means."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        log_likelihood = cache(Llama(WEIGHTS).log_likelihood)  # runs of a scenario share instances
        known: dict[str, float] = {}
        for frame in (train_scenario_states_df, eval_scenario_states_df):
            for run, states in frame.groupby(RUN, sort=False):
                found = [log_likelihood(*pair) for pair in texts(states)]
                if found:
                    known[str(run)] = float(np.mean(found))
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            mean = predict_mean(train_stats_df, known, target)
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean))
        return predictions


def texts(states: pd.DataFrame) -> list[tuple[str, str]]:
    """Return input and correct reference of a run's first instances, without perturbations."""
    perturbation = f"{STATE}instance.perturbation.name"
    if perturbation in states:
        states = states[states[perturbation].isna()]
    states = states.drop_duplicates(f"{STATE}instance.id").sort_values(f"{STATE}instance.id")
    pairs = []
    for _, state in states.head(MOST_INSTANCES).iterrows():
        references = state.get(f"{STATE}instance.references")
        for reference in references if isinstance(references, list) else ():
            if "correct" in reference["tags"]:
                pairs.append((state[f"{STATE}instance.input.text"], text_of(reference["output"])))
                break
    return pairs


def text_of(output: Mapping[str, str] | str) -> str:
    """Return the text of a reference, after a space; HELM of 2022 wrote just the text."""
    return " " + (output if isinstance(output, str) else output.get("text", "")).strip()


def predict_mean(stats: pd.DataFrame, known: Mapping[str, float], target: Target) -> float:
    """Return the line's value at the target's run; the train runs' mean if little is known."""
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    column = "stats.name.perturbation.computed_on"
    if column in rows:
        wanted = (target.name.perturbation or {}).get("computed_on")
        same = rows[column].isna() if wanted is None else rows[column] == wanted
        rows = rows[same] if same.any() else rows
    if rows.empty:
        return 0.5
    means = rows.groupby(RUN)["stats.mean"].mean()
    centre = float(means.mean())
    means = means[means.index.isin(known)]
    if target.run_spec_name not in known or len(means) < 2:  # noqa: PLR2004  (a line needs two)
        return centre
    x = np.array([known[run] for run in means.index])
    off = x - x.mean()
    slope = off @ (means.to_numpy() - means.mean()) / (off @ off + PENALTY)
    value = means.mean() + slope * (known[target.run_spec_name] - x.mean())
    return float(np.clip(value, means.min(), means.max()))

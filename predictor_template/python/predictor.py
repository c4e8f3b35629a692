"""Your predictor. Edit ``predict``; the base image reads the inputs and writes the output."""

import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat, Target

STATE = "scenario_state.request_states."


class MyPredictor(Predictor):
    """Predicts the share of revealed completions that equal a correct reference."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        """Return one predicted stat for each of ``self.case.targets``, by run."""
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            mean = share_correct(revealed_states(eval_scenario_states_df, target))
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean))
        return predictions

    def predict_instances(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[InstanceTarget, Stat]:
        """Return one predicted stat for each of ``self.case.instance_targets``.

        Only suites that ask for stats of single instances need it.
        """
        predictions = {}
        for target in self.case.instance_targets:
            states = revealed_states(eval_scenario_states_df, target)
            if len(states):
                states = states[states[f"{STATE}instance.id"].astype(str) == target.instance_id]
            predictions[target] = target.predicted(share_correct(states))
        return predictions


def revealed_states(request_states: pd.DataFrame, target: Target | InstanceTarget) -> pd.DataFrame:
    """Return the request states of the target's run, and of its split if it has one."""
    states = request_states[request_states["run_spec.name"] == target.run_spec_name]
    if f"{STATE}instance.split" not in states or target.name.split is None:
        return states
    return states[states[f"{STATE}instance.split"] == target.name.split]


def share_correct(request_states: pd.DataFrame) -> float:
    """Return how many completions are right, from 0 to 1; 0.5 if none is revealed."""
    if request_states.empty:
        return 0.5
    return float(request_states.apply(is_correct, axis="columns").mean())


def is_correct(request_state: pd.Series) -> bool:
    """Return whether the completion, or the reference that its letter means, is correct."""
    completions = request_state.get(f"{STATE}result.completions")
    if not isinstance(completions, list) or not completions:  # the request failed
        return False
    completion = completions[0]["text"].strip()
    chosen = request_state.get(f"{STATE}output_mapping.{completion}")
    answers = {completion, chosen}
    references = request_state.get(f"{STATE}instance.references")
    return any(
        "correct" in reference["tags"] and output_text(reference["output"]).strip() in answers
        for reference in (references if isinstance(references, list) else ())
    )


def output_text(output: dict[str, str] | str) -> str:
    """Return the text of a reference; HELM of 2022 wrote just the text, not an object."""
    return output if isinstance(output, str) else output.get("text", "")

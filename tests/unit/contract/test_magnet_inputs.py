"""What MAGNET's filters and sample sizes leave of a case; pinned to MAGNET by check-magnet."""

from typing import Any

import pandas as pd
import pytest

from runner.contract.magnet_inputs import choose_runs, refuse_too_few, sample_states

INSTANCE = "scenario_state.request_states.instance.id"
RUNS = ["a", "b", "c"]
SPECS = pd.DataFrame({"run_spec.name": RUNS, "run_spec.adapter_spec.model": ["x", "y", "x"]})
DOCUMENTS = {
    name: {"name": name, "adapter_spec": {"model": model}}
    for name, model in zip(RUNS, ["x", "y", "x"], strict=True)
}
STATES = pd.DataFrame(
    {
        "run_spec.name": ["a"] * 6 + ["b"] * 3,
        INSTANCE: ["i0", "i1", "i1", "i2", "i3", "i4", "i0", "i1", "i2"],
    }
)


class Magnets:
    """Has what MAGNET's Predictor has, with MAGNET's defaults."""

    def __init__(self, num_eval_samples: int = 20, policy: str = "warn") -> None:
        self.num_eval_samples = num_eval_samples
        self.insufficient_eval_sample_policy = policy

    def run_spec_filter(self, _run_spec: dict[str, Any]) -> bool:
        return True

    def run_spec_dataframe_filter(self, _row: Any) -> bool:
        return True


class OfModel(Magnets):
    def run_spec_filter(self, run_spec: dict[str, Any]) -> bool:
        return bool(run_spec["adapter_spec"]["model"] == "x")


class LaterThanA(Magnets):
    def run_spec_dataframe_filter(self, row: Any) -> bool:
        return bool(row["run_spec.name"] > "a")


class Both(OfModel, LaterThanA):
    pass


class Neither(Magnets):
    def run_spec_filter(self, _run_spec: dict[str, Any]) -> bool:
        return False


@pytest.mark.parametrize(
    ("predictor", "left"),
    [
        (Magnets, RUNS),
        (OfModel, ["a", "c"]),
        (LaterThanA, ["b", "c"]),
        (Both, ["c"]),
        (Neither, []),
    ],
)
def test_a_run_is_given_if_both_filters_let_it_pass(
    predictor: type[Magnets], left: list[str]
) -> None:
    assert choose_runs(predictor(), SPECS, DOCUMENTS) == left


def test_each_run_is_sampled_by_instances_and_keeps_the_order_of_its_rows() -> None:
    sampled = sample_states(Magnets(num_eval_samples=2), STATES, seed=1)
    assert sampled.groupby("run_spec.name")[INSTANCE].nunique().to_dict() == {"a": 2, "b": 2}
    assert list(sampled.index) == sorted(sampled.index)
    # Both rows of an instance are in the sample, or none.
    assert (sampled["run_spec.name"] + sampled[INSTANCE]).tolist().count("ai1") in (0, 2)


def test_a_sample_follows_the_seed() -> None:
    draws = [
        tuple(sample_states(Magnets(num_eval_samples=2), STATES, seed=seed).index)
        for seed in (1, 1, 2, 3, 4)
    ]
    assert draws[0] == draws[1]
    assert len(set(draws)) > 1


def test_all_is_given_where_no_more_is_asked_for_than_there_is() -> None:
    assert sample_states(Magnets(), STATES, seed=1).equals(STATES)


def test_too_few_rows_are_an_error_a_warning_or_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    said = "b: 3 rows are revealed, and num_eval_samples is 5: not enough rows"
    with pytest.raises(RuntimeError, match=said):
        refuse_too_few(Magnets(5, "error"), STATES)
    refuse_too_few(Magnets(5, "ignore"), STATES)
    assert capfd.readouterr().err == ""
    refuse_too_few(Magnets(5, "warn"), STATES)
    assert said in capfd.readouterr().err
    with pytest.raises(ValueError, match="none of"):
        refuse_too_few(Magnets(5, "panic"), STATES)


@pytest.mark.parametrize("policy", ["error", "panic"])
def test_control_enough_rows_are_no_matter_of_policy(policy: str) -> None:
    refuse_too_few(Magnets(3, policy), STATES)

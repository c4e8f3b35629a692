"""How much perturbations change stats."""

from typing import Any

import pytest

from runner.scores.deltas import mean_deltas
from tests.records_builder import records, target


def test_the_mean_delta_is_perturbed_less_original_in_each_run() -> None:
    def typos(computed_on: str) -> dict[str, Any]:
        perturbation = {"name": "typos", "prob": 0.5, "computed_on": computed_on}
        return {"name": "exact_match", "split": "test", "perturbation": perturbation}

    targets = [
        target("a", predicted=0.9, actual=0.8, name=typos("original")),
        target("a", predicted=0.7, actual=0.5, name=typos("perturbed")),
        target("b", predicted=0.6, actual=0.4, name=typos("original")),
        target("b", predicted=0.5, actual=0.5, name=typos("perturbed")),
        target("c", predicted=0.5, actual=0.5, name=typos("perturbed")),
        target("d", predicted=0.6, actual=0.4, name=typos("original")),
        target("d", actual=0.5, name=typos("perturbed")),
    ]
    (delta,) = mean_deltas(records(targets)).to_dicts()
    assert delta == {
        "perturbed_by": "typos(prob=0.5)",
        "stat": "exact_match",
        "split": "test",
        "pairs": 2,
        "missing": 1,
        "predicted_delta": pytest.approx(-0.15),
        "actual_delta": pytest.approx(-0.1),
        "error": pytest.approx(-0.05),
        "predicted_absolute": pytest.approx(0.15),
        "actual_absolute": pytest.approx(0.2),
    }

"""Scores of targets, in few words."""

from typing import Any

import numpy as np

from runner.scores.aggregation import score_targets
from runner.scores.score import Score
from tests.records_builder import records, target


def scores_of(targets: list[dict[str, Any]], **options: Any) -> dict[str, Score]:
    return {score.metric: score for score in score_targets(records(targets), **options)}


def values_of(targets: list[dict[str, Any]]) -> dict[str, float | None]:
    return {name: score.value for name, score in scores_of(targets).items()}


BY_HAND = [
    target("a", predicted=0.75, actual=0.5, baseline=0.5),
    target("b", predicted=0.0, actual=0.5, baseline=0.5),
    target("c", predicted=1.0, actual=1.0, baseline=0.5),
]
"""Errors 0.25, -0.5 and 0; the baseline's are 0, 0 and 0.5."""


def many_targets(kind: str = "stat", count: int = 40) -> list[dict[str, Any]]:
    """Return targets with ties on both sides, of ten models in two scenarios."""
    random = np.random.default_rng(3)
    actual = random.integers(0, 5, count) / 4 if kind == "stat" else random.integers(0, 2, count)
    predicted = np.clip(np.round(actual * 0.5 + 0.5 * random.random(count), 1), 0.05, 0.95)
    return [
        target(
            f"run{i % 20}",
            predicted=float(predicted[i]),
            actual=float(actual[i]),
            name={"name": f"stat{i // 20}", "split": "test"},
            instance_id=None if kind == "stat" else "id1",
            model=f"m{i % 10}",
            subject=f"s{i % 20 // 10}",
        )
        for i in range(count)
    ]


def sides(targets: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    return [each["actual"] for each in targets], [each["predicted"] for each in targets]

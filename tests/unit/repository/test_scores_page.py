"""The worked example of docs/scores.md, computed."""

import re
from pathlib import Path

import pytest

from runner.scores.aggregation import score_targets
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target

PAGE = (Path(__file__).parents[3] / "docs" / "scores.md").read_text()


def table_below(heading: str) -> list[list[str]]:
    """Return the cells of the first table that begins with this heading, without its head."""
    lines = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines]
    return [[cell.strip() for cell in row] for row in cells]


EXAMPLE = [
    target(
        run,
        predicted=float(predicted),
        stddev=float(stddev),
        actual=float(actual),
        baseline=float(baseline),
        subject=scenario,
        model=model,
    )
    for run, scenario, model, predicted, stddev, actual, baseline in table_below("| run |")
]
VALUES = {metric: value for metric, _, value in table_below("| metric | from the errors |")}


@pytest.mark.parametrize("title", VALUES)
def test_the_worked_example_is_what_the_runner_computes(title: str) -> None:
    (name,) = [metric.name for metric in METRICS.values() if metric.title == title]
    (score,) = score_targets(records(EXAMPLE), metrics=(name,))
    assert f"{score.value:.4f}" == VALUES[title]


def test_every_metric_stands_on_the_page() -> None:
    for metric in METRICS.values():
        assert metric.title.replace("instance ", "") in PAGE


def test_the_policy_on_the_page_has_every_field() -> None:
    (block,) = re.findall(r"```yaml\ntargets: .*?\nscoring:\n(.*?)```", PAGE, re.DOTALL)
    assert re.findall(r"^  (?:# )?(\w+):", block, re.MULTILINE) == list(ScoringPolicy.model_fields)


def test_what_is_added_up_is_as_the_page_works_it_by_hand() -> None:
    rows = table_below("| target of run |")
    targets = [
        target(
            run,
            predicted=0.5 + float(error),
            actual=0.5,
            instances=int(instances),
            name={"name": "exact_match", "split": split, "sub_split": perturbation or None},
        )
        for run, split, perturbation, instances, error in rows
    ]
    (score,) = score_targets(records(targets), metrics=("mae",))
    assert f"the MAE is {score.value:.4f}." in PAGE
    alike = sum(float(row[-1]) for row in rows) / len(rows)
    assert f"it would be {alike:.4f}." in PAGE
    assert alike != pytest.approx(score.value)


def test_what_a_spec_may_weigh_stands_on_the_page() -> None:
    for field in ("normalise", "stat_weights", "units"):
        assert f"`{field}" in PAGE

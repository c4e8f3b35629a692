"""What is refused before a suite is frozen."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.building.build import build_suite
from runner.cli.main import cli
from runner.errors import SuiteError
from runner.reports.report_directory import write_evaluation
from runner.suites.overview import details
from runner.suites.spec_file import make_spec
from tests.evaluation_builder import evaluate_function, oracle
from tests.helm_builder import stat, write_suite
from tests.quiz_builder import questions, write_quiz
from tests.suite_builder import WARN_ONLY, Said, build, build_unaudited


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scoring": {"scenario_weights": {"Nothing()": 2}}}, "no scenario of the suite. It has: "),
        ({"scoring": {"primary": "brier"}}, "brier is of instance_targets, and the suite has none"),
        ({"instance_targets": ["nosuch"]}, "no revealed instance of an eval run has the stat"),
    ],
)
def test_scoring_rules_that_could_rank_nothing_are_refused(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError, match=re.escape(message)):
        build(write_suite(tmp_path), tmp_path / "suite", **fields)


def test_a_scenario_is_named_in_the_weights_as_the_suite_shows_it(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    scenario = suite.cases[0].eval_runs[0].scenario
    weights = {"scenario_weights": {scenario: 0}}
    with pytest.raises(SuiteError, match="all scenarios have the weight 0"):
        build(tmp_path / "benchmark_output/runs/v1", tmp_path / "zero", scoring=weights)
    weights = {"scenario_weights": {scenario: 2}}
    assert build(tmp_path / "benchmark_output/runs/v1", tmp_path / "two", scoring=weights).cases


WHOLE = ("budget_area", "delta_mae", "model_rank")
DIVISION = {"method": "holdout", "by": "run", "share": 0.8}
BUDGETS = {"instances": [1, 2]}


def write_models(root: Path, models: int = 4, *, perturbed: bool = True) -> Path:
    """Write a run of two subjects for each model, with the deltas that typos make of them."""
    for subject in range(2):
        for number in range(models):
            typos = [
                stat("exact_match", mean, perturbation={"name": "typos", "computed_on": on})
                for on, mean in (("original", 0.6), ("perturbed", 0.5 - number / 10))
            ]
            name = f"quiz:subject={subject},model=demo/m{number}"
            answers = "A" * (number + 1) + "B" * (4 - number)
            write_quiz(
                root,
                name,
                questions(answers, 10 * subject),
                model=f"demo/m{number}",
                args={"subject": subject},
                more_stats=typos if perturbed else (),
            )
    return root


def whole(primary: str, **fields: Any) -> dict[str, Any]:
    targets = [{"stat": "exact_match", "computed_on": None}]
    return {
        "division": DIVISION,
        "revealed": BUDGETS,
        "targets": ["exact_match"] if primary == "delta_mae" else targets,
        "scoring": {"primary": primary},
        **fields,
    }


@pytest.mark.parametrize("primary", WHOLE)
@pytest.mark.parametrize("more", [{}, {"instance_targets": ["exact_match"]}])
def test_a_suite_is_built_scored_and_ranked_by_a_metric_of_the_whole(
    tmp_path: Path, primary: str, more: dict[str, Any]
) -> None:
    source = write_models(tmp_path / "runs")
    suite = build_unaudited(source, tmp_path / "suite", **whole(primary, **more))
    assert "of shares (exact_match): the mean within each run" in details(suite)["adds"]
    good = evaluate_function(suite, oracle, "good")
    constant = evaluate_function(suite, lambda target, _: target.predicted(0.1), "constant")
    score = good.report.score(primary)
    assert score is not None
    assert score.value == pytest.approx(1 if primary == "model_rank" else 0)
    for name, made in (("good", good), ("constant", constant)):
        write_evaluation(made, tmp_path / "reports" / name)
    shown = CliRunner().invoke(cli, ["leaderboard", str(tmp_path / "reports"), "--json"])
    board = json.loads(shown.stdout)["entries"]
    assert [(each["image"], each["unranked"]) for each in board] == [
        ("good", None),
        ("constant", None),
    ]


@pytest.mark.parametrize("primary", ["budget_area", "delta_mae"])
def test_units_are_not_mixed_by_a_metric_of_the_whole(tmp_path: Path, primary: str) -> None:
    mixed = ["exact_match", "num_output_tokens"]
    with pytest.raises(SuiteError, match=re.escape("shares (exact_match) and tokens (num_out")):
        build(tmp_path, tmp_path / "suite", **whole(primary, targets=mixed))


def test_control_model_rank_is_within_a_stat_and_may_have_several_units(tmp_path: Path) -> None:
    mixed = ["exact_match", "num_output_tokens"]
    fields = whole("model_rank", targets=mixed)
    assert build(write_models(tmp_path / "runs"), tmp_path / "suite", **fields).cases


@pytest.mark.parametrize(
    ("primary", "fields", "message"),
    [
        ("budget_area", {"revealed": {"instances": 2}}, "give revealed.instances two or more"),
        ("budget_area", {"revealed": {"instances": [2]}}, "give revealed.instances two or more"),
        (
            "delta_mae",
            {"targets": [{"stat": "exact_match", "computed_on": None}]},
            "no eval run has both as targets",
        ),
        (
            "delta_mae",
            {"targets": [{"stat": "exact_match", "computed_on": "perturbed"}]},
            "no eval run has both as targets",
        ),
    ],
)
def test_what_a_metric_of_the_whole_is_of_must_be_there(
    tmp_path: Path, primary: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError, match=re.escape(message)):
        build(write_models(tmp_path / "runs"), tmp_path / "suite", **whole(primary, **fields))


def test_one_model_alone_is_in_no_order(tmp_path: Path) -> None:
    source = write_models(tmp_path / "runs", models=1)
    with pytest.raises(SuiteError, match="all eval runs are of one, demo/m0"):
        build(source, tmp_path / "suite", **whole("model_rank"))


@pytest.mark.parametrize("budgets", [[1, 99998, 99999], [1, 2, 3, 4]])
def test_budgets_that_reveal_the_same_instances_are_refused(
    tmp_path: Path, budgets: list[int]
) -> None:
    division = {"method": "holdout", "by": "run", "share": 0.5}
    source = write_suite(tmp_path)
    message = rf"{budgets[-1]} reveals no more of any eval run than {budgets[-2]} does, 3 instances"
    fields: dict[str, Any] = {"division": division, "revealed": {"instances": budgets}}
    with pytest.raises(SuiteError, match=message):
        build(source, tmp_path / "suite", **fields)
    fields["revealed"] = {"instances": [*budgets[:-2], 3]}
    assert build(source, tmp_path / "suite", **fields).cases  # the control


@pytest.mark.parametrize(("largest", "warned"), [(4, True), (3, False)])
def test_runs_that_are_too_small_for_the_largest_budget_are_named(
    tmp_path: Path, largest: int, warned: bool
) -> None:
    source, said = write_suite(tmp_path), Said()
    given = {"name": "v1", "version": "1", "helm_runs": [str(source)], **WARN_ONLY}
    given |= {"division": DIVISION, "revealed": {"instances": [1, largest]}}
    build_suite(make_spec(given, "the test"), tmp_path / "suite", said)
    told = [
        line for line in said.lines if f"reveal fewer than {largest} instances, e.g. demo:" in line
    ]
    assert bool(told) == warned


def test_stats_that_count_must_be_in_the_eval_runs(tmp_path: Path) -> None:
    fields = {"targets": ["exact_match", "f1_score"]}
    weights: dict[str, Any] = {"stat_weights": {"exact_match": 0}}
    with pytest.raises(SuiteError, match="that the eval runs have, have the weight 0"):
        build(write_suite(tmp_path), tmp_path / "suite", **fields, scoring=weights)
    weights = {"stat_weights": {"exact_match": 1e-9, "f1_score": 0}}
    source = tmp_path / "benchmark_output/runs/v1"
    assert build(source, tmp_path / "suite", **fields, scoring=weights).cases  # the control

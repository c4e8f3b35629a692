from pathlib import Path

from runner.reports.score_text import budget_lines, sum_text
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited


def test_the_primary_metric_is_shown_at_each_budget(tmp_path: Path) -> None:
    source = write_suite(tmp_path)
    budgets = build_unaudited(source, tmp_path / "suite", revealed={"instances": [0, 2, 3]})
    heads, *lines = budget_lines(evaluate_function(budgets, off_by(0.25)).report)
    assert heads.split()[:3] == ["revealed", "instances", "MAE"]
    assert [line.split()[:2] for line in lines] == [[n, "0.2500"] for n in ("0", "2", "3")]
    one = build_unaudited(source, tmp_path / "one")
    assert budget_lines(evaluate_function(one, off_by(0.25)).report) == []


def test_a_report_says_what_its_primary_metric_adds_up(tmp_path: Path) -> None:
    """Only targets of the metric's own kind are named."""
    targets = ["exact_match", "num_references"]
    scoring = {"primary": "skill", "normalise": "skill"}
    suite = build_unaudited(
        write_suite(tmp_path),
        tmp_path / "suite",
        targets=targets,
        instance_targets=["exact_match"],
        scoring=scoring,
    )
    said = sum_text(evaluate_function(suite, off_by(0.25)).report)
    assert said.startswith("skill of shares (exact_match); counts (num_references): the mean")
    of_instances = build_unaudited(
        tmp_path / "benchmark_output",
        tmp_path / "other",
        targets=targets[1:],
        instance_targets=["exact_match"],
        scoring={"primary": "brier"},
    )
    said = sum_text(evaluate_function(of_instances, off_by(0.25)).report)
    assert said == "Brier of shares (exact_match): the mean within each run, then over runs"

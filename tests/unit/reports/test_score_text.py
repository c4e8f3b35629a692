from pathlib import Path

from runner.reports.score_text import budget_lines
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build


def test_the_primary_metric_is_shown_at_each_budget(tmp_path: Path) -> None:
    source = write_suite(tmp_path)
    budgets = build(source, tmp_path / "suite", revealed={"instances": [0, 2, 3]})
    heads, *lines = budget_lines(evaluate_function(budgets, off_by(0.25)).report)
    assert heads.split()[:3] == ["revealed", "instances", "MAE"]
    assert [line.split()[:2] for line in lines] == [[n, "0.2500"] for n in ("0", "2", "3")]
    one = build(source, tmp_path / "one")
    assert budget_lines(evaluate_function(one, off_by(0.25)).report) == []

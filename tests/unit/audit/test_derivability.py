from pathlib import Path
from typing import Any

import pytest

from runner.audit.audit import Audit
from runner.errors import SuiteError
from tests.helm_builder import Json, request_state, run_files, stat, write_run
from tests.suite_builder import audit_build


def audit_quiz(root: Path, stats: list[Json], **revealed: Any) -> Audit:
    """Audit a suite whose eval run has 3 of 4 instances right; its spec accepts no leak."""
    for number in range(4):
        name = f"a:x={number}"
        answers = enumerate("AAAB")
        states = [request_state(f"{name}-{n}", text, f"{name} {n}") for n, text in answers]
        files = run_files(name, request_states=states, stats=stats)
        files["run_spec.json"]["scenario_spec"]["class_name"] = f"demo.Scenario{number}"
        write_run(root / "runs", name, files)
    names = [each["name"]["name"] for each in stats]
    return audit_build(root / "runs", root / "suite", revealed=revealed, accept=[], targets=names)


def test_a_suite_that_reveals_every_answer_is_refused_with_the_recomputed_actual(
    tmp_path: Path,
) -> None:
    with pytest.raises(SuiteError, match=r"all 4 instances of exact_match") as refused:
        audit_quiz(tmp_path, [stat("exact_match", 0.75)], instances="all")
    assert "recomputed as 0.75, its actual" in str(refused.value)
    assert "case-1: 100% of the actuals is determined" in str(refused.value)
    assert "accept: [derivable]" in str(refused.value)


@pytest.mark.parametrize(
    ("revealed", "figure"),
    [
        ({"instances": 2}, "50% of the actuals is determined by what is revealed (2 of 4"),
        ({"instances": "all", "completions": False}, "0% of the actuals is determined"),
        ({"instances": "all", "gold": False}, "0% of the actuals is determined"),
        ({"instances": "all", "references": False}, "0% of the actuals is determined"),
    ],
)
def test_a_suite_that_reveals_less_is_accepted_and_the_figure_told(
    tmp_path: Path, revealed: dict[str, Any], figure: str
) -> None:
    audit = audit_quiz(tmp_path, [stat("exact_match", 0.75)], **revealed)
    assert figure in str(audit.derivability["case-1"])


def test_a_metric_that_the_cheater_does_not_know_counts_as_determined_too(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="all 4 instances of rouge_l") as refused:
        audit_quiz(tmp_path, [stat("rouge_l", 0.75)], instances="all")
    assert "recomputed as" not in str(refused.value)

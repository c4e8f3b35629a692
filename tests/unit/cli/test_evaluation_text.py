"""What an evaluation prints of a predictor that failed, openly and closed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.cli.evaluation_text import EvaluationPrinter
from runner.cli.live.display import LineDisplay
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.evaluation.evaluation import FinishedEvaluation
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function
from tests.helm_builder import write_suite
from tests.suite_builder import build

LOG = b"""reading
Traceback (most recent call last):
  File "/opt/predictor/predictor.py", line 7, in predict
    import sklearn
ModuleNotFoundError: No module named 'sklearn'
"""
REASON = "predictor.py, line 7: ModuleNotFoundError: No module named 'sklearn' -> "


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    path = tmp_path_factory.mktemp("suite")
    return build(write_suite(path), path / "suite")


def half(target: Target | InstanceTarget, _actual: Stat) -> Stat:
    return target.predicted(0.5)


def printed(
    suite: Suite,
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    log: bytes = LOG,
    exit_code: int = 1,
    predict: Any = half,
    *,
    is_closed: bool = False,
) -> str:
    """Return all that is printed of an evaluation."""
    evaluation = evaluate_function(suite, predict, exit_code=exit_code)
    files = {
        name: log if name.endswith(".log") else each for name, each in evaluation.files.items()
    }
    write_evaluation(type(evaluation)(evaluation.report, files), directory)
    first = SimpleNamespace(image=SimpleNamespace(reference="image"))
    finished = FinishedEvaluation(cast("Any", first), directory, evaluation.report)
    printer = EvaluationPrinter(LineDisplay(), as_json=False, show_log=False, is_closed=is_closed)
    printer.see_evaluation(finished)
    shown = capsys.readouterr()
    return shown.out + shown.err


def test_an_open_evaluation_ends_with_the_errors_type_its_place_and_what_to_do(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = printed(suite, tmp_path / "r", capsys).splitlines()[-1]
    assert last.startswith(f"case-1: {REASON}")
    assert "scikit-learn into requirements.txt" in last


def test_a_closed_evaluation_says_nothing_of_why_it_failed(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(suite, tmp_path / "r", capsys, is_closed=True)
    for word in ("ModuleNotFound", "sklearn", "predictor.py", "requirements.txt", "line 7"):
        assert word not in shown
    assert "failed" in shown  # the outcome, which it may tell


def test_of_a_sound_predictor_nothing_is_told_whatever_its_log_says(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "sklearn" not in printed(suite, tmp_path / "r", capsys, exit_code=0)


def test_a_share_in_percent_is_noted_but_not_when_closed(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def percent(target: Target | InstanceTarget, _actual: Stat) -> Stat:
        return target.predicted(50.0)

    shown = printed(suite, tmp_path / "r", capsys, exit_code=0, predict=percent)
    assert "divide by 100" in shown.splitlines()[-1]
    closed = printed(suite, tmp_path / "c", capsys, exit_code=0, predict=percent, is_closed=True)
    assert "divide by 100" not in closed

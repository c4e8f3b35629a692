"""What an evaluation prints of a predictor that failed, openly and closed."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.cli.evaluation_text import EvaluationPrinter, shows_targets
from runner.cli.live.display import LineDisplay
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import EngineError, RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function
from tests.suite_builder import shared_suite

LOG = b"""reading
Traceback (most recent call last):
  File "/opt/predictor/predictor.py", line 7, in predict
    import sklearn
ModuleNotFoundError: No module named 'sklearn'
"""
REASON = "predictor.py, line 7: ModuleNotFoundError: No module named 'sklearn' -> "


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


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
    write_evaluation(replace(evaluation, files=files), directory)
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


def test_every_finding_of_the_output_of_one_case_has_a_line_and_what_to_do(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(target: Target | InstanceTarget, _actual: Stat) -> Stat:
        return target.predicted(0.5, count=-1, stddev=-1)

    lines = printed(suite, tmp_path / "r", capsys, exit_code=0, predict=broken).splitlines()
    assert "case-1: invalid_output (not_the_contract): predictions.json: 2 findings" in lines
    findings = [line for line in lines if "should be 0 or more" in line]
    assert [line.startswith("case-1: run ") for line in findings] == [True, True]
    assert lines[-1] == "case-1: docs/contract.md describes the form of the output."


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


def batch(suite: Suite, directory: Path, **results: RunnerError | int) -> list[FinishedEvaluation]:
    """Return evaluations of images: with this exit code, or with a fault."""
    finished = []
    for name, result in results.items():
        first = cast("Any", SimpleNamespace(image=SimpleNamespace(reference=name), suite=suite))
        if isinstance(result, int):
            evaluation = evaluate_function(suite, half, name, exit_code=result)
            files = dict.fromkeys(evaluation.files, LOG)
            write_evaluation(replace(evaluation, files=files), directory / name)
            finished.append(FinishedEvaluation(first, directory / name, evaluation.report))
        else:
            finished.append(FinishedEvaluation(first, directory / name, result))
    return finished


def printed_batch(
    finished: list[FinishedEvaluation], capsys: pytest.CaptureFixture[str], **options: Any
) -> list[str]:
    settings = {"as_json": False, "show_log": False, "is_closed": False, **options}
    printer = EvaluationPrinter(LineDisplay(), **settings)
    for one in finished:
        printer.see_evaluation(one)
    printer.see_batch(finished)
    return capsys.readouterr().out.splitlines()


def test_a_large_batch_ends_with_one_table_and_why_images_have_no_score(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = batch(suite, tmp_path, good=0, bad=1, lost=EngineError("The engine is gone."))
    lines = printed_batch(finished, capsys, has_targets=False, has_table=True)
    assert [line.split()[:3] for line in lines[:4]] == [
        ["image", "suite", "outcome"],
        ["good", "v1", "scored"],
        ["bad", "v1", "failed"],
        ["lost", "v1", "engine_fault"],
    ]
    assert " MAE 0." in lines[1]
    assert lines[1].endswith(str(tmp_path / "good"))
    assert any(line.startswith(f"bad, case-1: {REASON}") for line in lines[4:])
    assert lines[-1] == "lost: The engine is gone."


def test_a_small_batch_has_every_target_and_then_the_table(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed_batch(batch(suite, tmp_path, a=0, b=0), capsys, has_table=True)
    assert sum(line.startswith("report: ") for line in lines) == 2
    assert [line.split()[0] for line in lines[-3:]] == ["image", "a", "b"]


def test_a_closed_batch_has_no_table_and_no_reason(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = batch(suite, tmp_path, bad=1)
    lines = printed_batch(finished, capsys, has_targets=False, has_table=True, is_closed=True)
    assert lines == ["bad: failed", f"report: {tmp_path / 'bad' / 'report.json'}"]


def pass_of(cases: int) -> Any:
    """Return a pass over cases with five targets each."""
    case = SimpleNamespace(eval_runs=[SimpleNamespace(targets=2, instance_targets=3)])
    return SimpleNamespace(suite=SimpleNamespace(cases=[case] * cases))


@pytest.mark.parametrize(("images", "shown"), [(1, True), (8, True), (9, False)])
def test_targets_are_shown_one_by_one_while_they_are_few(images: int, shown: bool) -> None:
    assert shows_targets([pass_of(1)] * images) is shown


@pytest.mark.parametrize(("images", "shown"), [(1, True), (2, False)])
def test_a_single_image_is_printed_by_itself_however_many_cases_it_has(
    images: int, shown: bool
) -> None:
    assert shows_targets([pass_of(9)] * images) is shown


@pytest.mark.parametrize("is_quiet", [True, False])
def test_a_fault_is_told_once_beside_json_also_without_progress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_quiet: bool
) -> None:
    """With progress, that has told it."""
    first = SimpleNamespace(title="image on suite", image=SimpleNamespace(reference="image"))
    fault = FinishedEvaluation(cast("Any", first), tmp_path, EngineError("it went away"))
    printer = EvaluationPrinter(
        LineDisplay(), as_json=True, show_log=False, is_closed=False, is_quiet=is_quiet
    )
    printer.see_evaluation(fault)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "image on suite: it went away\n" if is_quiet else "")

"""What is printed and written for CI at the end of a batch."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from runner.cli import ci
from runner.cli.ci import Checks, CiOutput
from runner.cli.evaluation_options import CiOptions
from runner.cli.live.display import LineDisplay
from runner.errors import BugError, EngineError, UsageError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.leaderboard.published import CheckedReport
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, oracle
from tests.suite_builder import shared_suite

IMAGES = ("broken", "sound")


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


def finished(suite: Suite) -> list[FinishedEvaluation]:
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    return [
        FinishedEvaluation(
            Pass(Image(name, f"sha256:{name}"), suite, settings, FinishedCases(Path("finished"))),
            Path(name),
            evaluate_function(suite, oracle, name).report,
        )
        for name in IMAGES
    ]


def output(tmp_path: Path) -> CiOutput:
    options = CiOptions(
        gates=(),
        leaderboard=None,
        summary_file=tmp_path / "summary.md",
        junit_file=tmp_path / "junit.xml",
        is_closed=True,
    )
    return CiOutput(Checks((), None), options, LineDisplay(), as_json=True)


@pytest.mark.parametrize("place", ["summary", "_evaluation_json"])
def test_a_report_that_meets_a_bug_is_told_and_the_others_are_shown(
    suite: Suite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    make = getattr(ci, place)

    def fail_for_one(*arguments: object, **named: object) -> object:
        (checked,) = (each for each in arguments if isinstance(each, CheckedReport))
        if checked.report.image.reference == "broken":
            raise ZeroDivisionError
        return make(*arguments, **named)

    monkeypatch.setattr(ci, place, fail_for_one)
    with pytest.raises(BugError):
        output(tmp_path).see_batch(finished(suite))
    shown = capsys.readouterr()
    assert "broken: can't be shown: a bug of the runner (ZeroDivisionError" in shown.err
    assert "sound" in {each["image"]["reference"] for each in json.loads(shown.out)}
    assert "`sound`" in (tmp_path / "summary.md").read_text()
    assert "sound on v1" in (tmp_path / "junit.xml").read_text()


def test_control_without_a_bug_all_are_shown(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output(tmp_path).see_batch(finished(suite))
    shown = capsys.readouterr()
    assert [each["image"]["reference"] for each in json.loads(shown.out)] == list(IMAGES)
    assert "`broken`" in (tmp_path / "summary.md").read_text()
    assert shown.err == ""


@pytest.mark.parametrize("is_closed", [True, False])
def test_json_has_why_an_image_has_no_report_as_far_as_it_may_be_told(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_closed: bool
) -> None:
    sound, lost = finished(suite)
    lost = replace(lost, result=EngineError("The disk of the organizer is full."))
    made = output(tmp_path)
    made.options = replace(made.options, is_closed=is_closed)
    made.left_out = [UsageError("gone: no such image")]
    made.see_batch([sound, lost])
    report, *faults = json.loads(capsys.readouterr().out)
    told = "The disk of the organizer is full."
    assert "error" not in report
    assert [each["exit_code"] for each in faults] == [5, 2]
    assert [each.get("image") for each in faults] == ["sound", None]
    assert (told in faults[0]["error"]) is not is_closed
    assert faults[1]["error"] == "gone: no such image"


def test_control_where_all_have_reports_json_has_these_alone(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output(tmp_path).see_batch(finished(suite))
    assert ["error" in each for each in json.loads(capsys.readouterr().out)] == [False, False]

"""What participants see of the progress."""

from pathlib import Path

import pytest

from runner.cli.live.cases import CaseLines
from runner.cli.live.display import LineDisplay
from runner.cli.live.percent import PercentLines
from runner.errors import EngineError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.run_options import RunSettings
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.suites.suite import Suite
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    division = {"method": "leave_one_out", "by": "run"}
    return shared_suite(runs=6, division=division)


def told(progress: CaseProgress, suite: Suite, faults: int) -> None:
    """Report two cases found and the others ended, some of them by a fault with a text."""
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    one = Pass(Image("secret-image", "sha256:1"), suite, settings, FinishedCases(Path("none")))
    progress.expect([one])
    progress.find(one, 6 - faults)
    for task in one.tasks()[6 - faults :]:
        progress.begin(task)
        progress.say(f"{task.title}: secret")
        progress.end(one, task.case, EngineError("secret"))


def test_only_tens_of_percent_are_shown(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    told(PercentLines(LineDisplay()), suite, faults=4)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"{tens} % of the cases are over" for tens in (30, 50, 60, 80, 100)]


def test_control_an_open_evaluation_shows_cases_and_texts(
    suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    told(CaseLines(LineDisplay()), suite, faults=4)
    assert "case-3" in (shown := capsys.readouterr().err)
    assert "secret" in shown

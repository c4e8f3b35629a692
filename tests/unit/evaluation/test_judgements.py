"""Judged cases are found again, but never for a suite with other actuals."""

from pathlib import Path

from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.judgements import Judgements
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.sandbox.policy import SandboxPolicy
from tests.suite_builder import shared_suite
from tests.unit.evaluation.builder import IMAGE, RUN


def test_a_run_that_two_suites_share_is_judged_for_each(tmp_path: Path) -> None:
    suite = shared_suite()
    one = Pass(IMAGE, suite, RunSettings(SandboxPolicy(), 1), FinishedCases(tmp_path))
    judged = one.judge(suite.cases[0], RUN)
    key = one.task(suite.cases[0].id).key
    judgements = Judgements()
    judgements.hold(suite.digest, key, judged)
    assert judgements.find(suite.digest, key) is judged
    assert judgements.find("sha256:other", key) is None

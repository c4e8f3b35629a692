"""Which report of a submitter counts at the end: nobody chooses by the private score."""

from pathlib import Path

import pytest

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.reports.report import Report
from runner.submissions.final_choice import (
    PASSED_OVER,
    Candidate,
    find_candidate,
    find_passed_over,
)
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

RULES = Rules(seed="s")


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(runs=8, division={"method": "holdout", "by": "run", "share": 0.8})


def candidate(name: str, public: float, submitter: str = "team-a", created: str = "1") -> Candidate:
    return Candidate(Path(name), submitter, created, public)


def test_of_each_submitter_the_best_public_score_counts() -> None:
    found = find_passed_over(
        [candidate("a", 0.2), candidate("b", 0.1), candidate("c", 0.3, submitter="team-b")]
    )
    assert found == {Path("a"): PASSED_OVER}


def test_of_equal_ones_the_earliest_counts() -> None:
    found = find_passed_over([candidate("a", 0.2, created="2"), candidate("b", 0.2, created="1")])
    assert list(found) == [Path("a")]


@pytest.mark.parametrize("other", ["Team-A", "team_a", "TEAM A"])
def test_another_spelling_is_no_submitter_of_its_own(other: str) -> None:
    found = find_passed_over([candidate("a", 0.2), candidate("b", 0.1, submitter=other)])
    assert list(found) == [Path("a")]


def report(suite: Suite, on_public: float, on_private: float) -> Report:
    """Return a report of team-a of what is off by this much on each side."""
    public = public_runs(evaluate_function(suite, off_by(0.0)).report, RULES)

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        is_public = target.run_spec_name in public
        return off_by(on_public if is_public else on_private)(target, actual)

    made = evaluate_function(suite, predict).report
    return made.model_copy(update={"submitter": "team-a"})


def test_a_candidate_has_its_public_score_whatever_its_private_one_is(suite: Suite) -> None:
    found = [find_candidate(Path("a"), report(suite, 0.125, off), RULES) for off in (0.0, 0.5)]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].public == pytest.approx(0.125)


def test_what_is_nobodys_or_was_not_scored_is_no_candidate(suite: Suite) -> None:
    made = report(suite, 0.1, 0.1)
    assert find_candidate(Path("a"), made, RULES) is not None  # the control
    assert find_candidate(Path("a"), made.model_copy(update={"submitter": None}), RULES) is None
    failed = evaluate_function(suite, off_by(0.1), exit_code=1).report
    of_team = failed.model_copy(update={"submitter": "team-a"})
    assert find_candidate(Path("a"), of_team, RULES) is None

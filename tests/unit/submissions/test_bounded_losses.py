"""What is private is scored by bounded losses too: one huge error would tie its author with all."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_all
from runner.reports.report import Report
from runner.reports.scoring import with_scores
from runner.submissions.bounded_losses import bound_report
from runner.submissions.rules import Rules
from runner.submissions.split import private_report, public_runs, restrict_report
from runner.suites.suite import Suite
from tests.evaluation_builder import Predict, evaluate_function, off_by
from tests.unit.submissions.test_public_score import INSTANCES, by, make_suite, report

RULES = Rules(public_share=0.3, seed="s")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return make_suite(tmp_path_factory.mktemp("suite"), runs=20)


def spread(error: float, spikes: Mapping[str, float]) -> Predict:
    """Return what is off by this much, in every other run by half as much, and by some spikes."""
    errors = itertools.cycle([error, error / 2])

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        own = next(errors)
        return off_by(spikes.get(target.run_spec_name, own))(target, actual)

    return predict


def ranks(suite: Suite, bound: Callable[[Report], Report], spike: float) -> dict[str, str]:
    """Return the ranks of a good predictor, a bad one, and a bad one with one huge private error.

    Of the private split alone.
    """
    known = report(suite, off_by(0.0))
    private = known.eval_run_specs.keys() - public_runs(known, RULES).keys()
    predictors = {
        "good": spread(0.05, {}),
        "bad": spread(0.3, {}),
        "spiky": spread(0.3, {min(private): spike}),
    }
    made = {
        Path(name): with_scores(bound(restrict_report(report(suite, predict), private)))
        for name, predict in predictors.items()
    }
    board = make_leaderboard(choose_all(made), None)
    return {entry.report.name: str(entry.rank) for entry in board.entries}


@pytest.mark.parametrize("spike", [5.0, 1e3, 1e50])
def test_a_huge_error_ties_nobody_with_the_best(suite: Suite, spike: float) -> None:
    found = ranks(suite, bound_report, spike)
    assert found == {"good": "1", "bad": "2-3, tied", "spiky": "2-3, tied"}


@pytest.mark.parametrize("spike", [5.0, 1e3, 1e50])
def test_control_without_a_bound_it_does(suite: Suite, spike: float) -> None:
    found = ranks(suite, lambda each: each, spike)
    assert (found["good"], found["spiky"]) == ("1-2, tied", "1-3, tied")


def test_the_private_split_is_scored_by_bounded_losses(suite: Suite) -> None:
    score = private_report(report(suite, off_by(7.0)), RULES).score("mae")
    assert score is not None
    assert score.value == pytest.approx(1.0)


def test_a_prediction_counts_as_at_most_the_largest_loss_away(suite: Suite) -> None:
    for error, counted in ((0.75, 0.75), (-0.75, -0.75), (7.0, 1.0), (-1e40, -1.0)):
        (case, *_) = bound_report(report(suite, off_by(error))).cases
        for each in case.targets:
            assert each.predicted is not None
            assert each.predicted["mean"] - each.actual["mean"] == pytest.approx(counted)


def test_only_the_primary_metrics_targets_are_bounded(tmp_path: Path) -> None:
    """Of others the range says nothing: they may be counts of tokens."""
    made = by(make_suite(tmp_path, **INSTANCES), "brier")
    (case, *_) = bound_report(evaluate_function(made, off_by(7.0)).report).cases
    assert all(each.predicted["mean"] > 5 for each in case.targets if each.predicted)
    assert {
        each.predicted["mean"] - each.actual["mean"]
        for each in case.instance_targets
        if each.predicted
    } == {1.0}

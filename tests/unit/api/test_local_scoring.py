"""Predictions scored in this process."""

from typing import Any

import pytest

import runner
from tests.helm_builder import write_suite
from tests.suite_builder import WARN_ONLY


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> runner.OpenedSuite:
    path = tmp_path_factory.mktemp("suite")
    spec = {"name": "v1", "version": "1", "helm_runs": [str(write_suite(path))], **WARN_ONLY}
    return runner.build_suite(spec, path / "v1")


def predicted(case: runner.OpenedCase, mean: float) -> dict[str, list[runner.Stat]]:
    predictions: dict[str, list[runner.Stat]] = {}
    for target in case.targets:
        predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean))
    return predictions


def actual_means(suite: runner.OpenedSuite) -> list[float]:
    case = suite.suite.cases[0]
    return [float(stat.mean or 0) for stat in suite.suite.actuals(case).stats.values()]


class Constant(runner.Predictor):
    """Predicts one value of everything."""

    def __init__(self, mean: float) -> None:
        self.mean, self.seeds = mean, [0]

    def predict(self, *_frames: Any) -> dict[str, list[runner.Stat]]:
        self.seeds.append(self.case.manifest.seed)
        predictions: dict[str, list[runner.Stat]] = {}
        for target in self.case.targets:
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(self.mean))
        return predictions


def test_a_score_is_the_mean_absolute_error_worked_by_hand(suite: runner.OpenedSuite) -> None:
    case = suite.cases[0]
    found = runner.score(case, predicted(case, 0.5))
    means = actual_means(suite)
    expected = sum(abs(mean - 0.5) for mean in means) / len(means)
    assert found.scores["mae"].value == pytest.approx(expected)


def test_records_have_a_row_per_target(suite: runner.OpenedSuite) -> None:
    case = suite.cases[0]
    records = runner.score(case, predicted(case, 0.25)).records
    assert len(records) == len(case.targets)
    assert set(records["predicted_mean"]) == {0.25}
    assert sorted(records["actual_mean"]) == pytest.approx(sorted(actual_means(suite)))


def test_a_target_that_is_not_predicted_is_refused_with_its_findings(
    suite: runner.OpenedSuite,
) -> None:
    case = suite.cases[0]
    with pytest.raises(runner.InvalidOutputError) as error:
        runner.score(case, {})
    assert error.value.count == len(case.targets)


def test_a_value_of_the_wrong_type_is_refused(suite: runner.OpenedSuite) -> None:
    wrong: Any = {"run": [0.5]}
    with pytest.raises(runner.UsageError, match="predictions should be an instance of Stat"):
        runner.score(suite.cases[0], wrong)


def test_a_predictor_tried_on_all_cases_scores_as_its_predictions_do(
    suite: runner.OpenedSuite,
) -> None:
    tried = runner.try_predictor(Constant(0.5), suite)
    case = suite.cases[0]
    assert tried.is_scored
    assert tried.image == "Constant"
    assert tried.scores["mae"] == runner.score(case, predicted(case, 0.5)).scores["mae"]


def test_a_predictor_is_given_the_seed(suite: runner.OpenedSuite) -> None:
    predictor = Constant(0.5)
    runner.try_predictor(predictor, suite.suite.root, seed=7)
    runner.try_predictor(predictor, suite)
    assert predictor.seeds == [0, 7, suite.suite.manifest.choices["seed"]]


def test_what_a_predictor_raises_reaches_its_author(suite: runner.OpenedSuite) -> None:
    class Broken(Constant):
        def predict(self, *_frames: Any) -> dict[str, list[runner.Stat]]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runner.try_predictor(Broken(0), suite)


def test_scores_show_themselves_in_a_notebook(suite: runner.OpenedSuite) -> None:
    tried = runner.try_predictor(Constant(0.5), suite)
    assert "<td>mae</td>" in tried._repr_html_()
    assert "mae=" in repr(tried)
    assert "<td>mae</td>" in tried.scores._repr_html_()
    assert list(tried.scores.frame["metric"]) == list(tried.scores)

"""The rows of a report's targets."""

import pytest

from runner.errors import SuiteError
from runner.reports.records import report_records
from runner.reports.report import Report
from tests.unit.reports.builder import make_report


def with_targets(times: int) -> Report:
    """Return a report whose one target stands in it so many times."""
    report = make_report()
    (case,) = report.cases
    cases = (case.model_copy(update={"targets": case.targets * times}),)
    return report.model_copy(update={"cases": cases})


def test_a_target_that_stands_in_a_report_twice_is_refused() -> None:
    assert report_records(with_targets(1)).height == 1  # control
    with pytest.raises(SuiteError, match="a target stands in the report twice"):
        report_records(with_targets(2))


def test_the_same_stat_in_two_cases_is_two_targets() -> None:
    report = make_report()
    (case,) = report.cases
    cases = (case, case.model_copy(update={"id": "case-2"}))
    assert report_records(report.model_copy(update={"cases": cases})).height == 2


def test_names_that_differ_in_a_perturbations_type_alone_are_two_targets() -> None:
    """As values of Python 1 and true would be the same."""
    report = make_report()
    (case,) = report.cases
    (target,) = case.targets
    names = [{"name": "a", "perturbation": {"name": "p", "prob": prob}} for prob in (1, True)]
    targets = tuple(target.model_copy(update={"name": name}) for name in names)
    cases = (case.model_copy(update={"targets": targets}),)
    found = report_records(report.model_copy(update={"cases": cases}))
    assert found["perturbation"].to_list() == ["p(prob=1)", "p(prob)"]


def test_a_target_without_a_prediction_says_why() -> None:
    assert report_records(make_report(predicted=None))["reason"].to_list() == ["failed"]

from runner.contract.stat import Stat
from runner.reports.changed_targets import ChangedTarget, changed_targets
from runner.reports.report import Report
from tests.unit.reports.builder import ACTUAL, make_report


def with_actual(mean: float) -> Report:
    report = make_report()
    (case,) = report.cases
    actual = Stat(ACTUAL.name, count=1, sum=mean, mean=mean).to_json()
    targets = (case.targets[0].model_copy(update={"actual": actual}),)
    return report.model_copy(update={"cases": (case.model_copy(update={"targets": targets}),)})


def test_a_target_whose_actual_differs_is_listed_once_for_all_reports() -> None:
    pair = (with_actual(0.5), with_actual(0.75))
    assert changed_targets([pair, pair]) == [
        ChangedTarget("case-1", "b", None, str(ACTUAL.name), 0.5, 0.75)
    ]


def test_control_equal_actuals_are_not_listed() -> None:
    assert changed_targets([(with_actual(0.5), with_actual(0.5))]) == []

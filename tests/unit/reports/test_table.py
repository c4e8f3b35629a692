from runner.reports.table import comparison_rows
from tests.unit.reports.builder import make_report


def test_the_table_has_a_predicted_and_an_actual_row_per_target() -> None:
    rows = comparison_rows(make_report())
    assert [row["source"] for row in rows] == ["predicted", "actual"]
    assert [row["name"] for row in rows] == [
        "predicted_exact_match split=test",
        "exact_match split=test",
    ]
    assert [row["mean"] for row in rows] == [0.75, 0.5]


def test_a_row_has_all_of_helms_fields_of_a_stat() -> None:
    assert " ".join(comparison_rows(make_report())[0]) == (
        "run_spec source name mean min max count stddev sum sum_squared variance"
    )


def test_a_target_without_prediction_keeps_its_actual_row() -> None:
    (row,) = comparison_rows(make_report(predicted=None))
    assert row["source"] == "actual"

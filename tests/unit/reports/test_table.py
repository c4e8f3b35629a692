from runner.reports.table import comparison_table
from tests.unit.reports.builder import make_report


def test_the_table_has_a_predicted_and_an_actual_row_per_target() -> None:
    table = comparison_table(make_report())
    assert " ".join(table.columns) == (
        "run_spec source name mean min max count stddev sum sum_squared variance"
    )
    assert table["source"].tolist() == ["predicted", "actual"]
    assert table["name"].tolist() == [
        "predicted_exact_match split=test",
        "exact_match split=test",
    ]
    assert table["mean"].tolist() == [0.75, 0.5]


def test_a_target_without_prediction_keeps_its_actual_row() -> None:
    assert comparison_table(make_report(predicted=None))["source"].tolist() == ["actual"]

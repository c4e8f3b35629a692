"""The page on builds: its table has one row of each kind of predictor."""

from types import ModuleType

import pytest

from tests.docs_scripts import DOCS, load_script, measured_part


@pytest.fixture(scope="module")
def building() -> ModuleType:
    return load_script("building")


def test_the_table_of_the_page_has_every_row(building: ModuleType) -> None:
    rows = building.read_rows(measured_part(DOCS / "building.md"))
    assert list(rows) == list(building.ROWS)


def test_times_are_seconds_and_sizes_whole_megabytes(building: ModuleType) -> None:
    row = building.table_row("Node", [7.04, 91.2, 1.0, 3.8, 3.3, 170.9])
    assert row.startswith("| Node | 7.0 | 91 | 1.0 | 3.8 | 3.3 | 171 | ")


def test_a_row_takes_the_place_of_its_name_in_the_order_of_the_script(building: ModuleType) -> None:
    known = building.read_rows(building.table({"R": "| R | 1 |", "Node": "| Node | 2 |"}))
    rows = building.table(known | {"R": "| R | 3 |", "shell": "| shell | 4 |"}).splitlines()[2:]
    assert rows == ["| shell | 4 |", "| R | 3 |", "| Node | 2 |"]

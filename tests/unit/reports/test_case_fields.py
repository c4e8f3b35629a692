"""A case whose limits or use nothing can be is refused where its report is read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError
from runner.reports.report import read_report
from runner.reports.report_directory import write_evaluation
from tests.unit.reports.builder import evaluation


def write(directory: Path, part: str, fields: Mapping[str, Any]) -> None:
    """Write a report with these fields in a part of its first case."""
    write_evaluation(evaluation(), directory)
    path = directory / "report.json"
    document = json.loads(path.read_text())
    document["cases"][0][part].update(fields)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("limits", {"wall_seconds": 0}),
        ("limits", {"memory_bytes": -1}),
        ("limits", {"output_bytes": 10**400}),
        ("resources", {"output_bytes": 10**400}),
        ("resources", {"output_files": 2**63}),
        ("resources", {"peak_memory_bytes": 10**400}),
    ],
)
def test_a_number_that_nothing_can_be_shown_of_is_refused(
    tmp_path: Path, part: str, fields: Mapping[str, Any]
) -> None:
    write(tmp_path / "image", part, fields)
    with pytest.raises(SuiteError, match="not a report of schema version 2"):
        read_report(tmp_path / "image")


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("limits", {"gpus": 0, "wall_seconds": 1e-3, "another": 1}),
        ("resources", {"output_bytes": 2**63 - 1, "peak_memory_bytes": None}),
    ],
)
def test_control_other_numbers_are_read(
    tmp_path: Path, part: str, fields: Mapping[str, Any]
) -> None:
    write(tmp_path / "image", part, fields)
    assert read_report(tmp_path / "image").cases

"""What `runner evaluate` tells while it runs."""

import time
from pathlib import Path

import pytest

from runner.cli.evaluate import open_progress
from runner.cli.live.display import QuietDisplay
from runner.cli.live.results import Results
from runner.evaluation import recorded_cases
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.view_builder import passes


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_batch_has_a_file_beside_its_reports_unless_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_closed: bool
) -> None:
    monkeypatch.setattr(recorded_cases, "WRITE_SECONDS", 0.05)
    planned = passes(
        build_unaudited(write_suite(tmp_path), tmp_path / "suite"), tmp_path / "out", "a"
    )
    with open_progress(QuietDisplay(), Results(), planned, is_closed=is_closed) as progress:
        progress.expect(list(planned.values()))
        time.sleep(1)
        assert len(list((tmp_path / "out").glob(".batch-*"))) == (0 if is_closed else 1)

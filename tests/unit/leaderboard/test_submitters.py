from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.leaderboard.submitters import read_submitters


def test_a_wrong_field_of_the_submitters_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "submitters.yaml"
    path.write_text("submitters: {Team: []}\nshow: worst\n")
    with pytest.raises(SuiteError, match=r"show: .*submitters\.Team"):
        read_submitters(path)
    path.write_text("submitters: {Team: [a]}\n")
    assert read_submitters(path).show == "best"

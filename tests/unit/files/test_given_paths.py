"""Paths that no file can have."""

from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.files.given_paths import refusing_long_names, why_no_path


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_file_can_be_called_is_told(text: str) -> None:
    assert why_no_path(text) is not None


@pytest.mark.parametrize("text", ["", "a b", "é", "a\nb", "a\udcffb", "memory://a/b"])
def test_control_any_other_text_may_be_a_path(text: str) -> None:
    """``\\udcff`` is what Python makes of a byte that is not UTF-8."""
    assert why_no_path(text) is None


def test_a_name_that_the_disk_refuses_is_told_in_part(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="too long for a path here") as refused,
        refusing_long_names(),
    ):
        (tmp_path / ("a" * 3000)).is_file()
    assert len(str(refused.value)) < 300


def test_control_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), refusing_long_names():
        (tmp_path / "a").read_bytes()

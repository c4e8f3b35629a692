"""What `make bench-check` fails for."""

import json
import sys

import pytest

from benchmarks.check import KEPT, Ratios, check, compare_commands, find_worse

KEPT_RATIOS = {"starts": 2.0}


def test_a_ratio_that_is_worse_by_more_than_half_is_told() -> None:
    assert find_worse({"a": 3.2, "b": 1.4}, {"a": 2.0, "b": 1.0}) == ["a: 3.20, which was 2.00"]


def test_control_one_that_is_worse_by_less_or_better_is_not() -> None:
    assert find_worse({"a": 2.9, "b": 0.1, "new": 9.0}, {"a": 2.0, "b": 1.0}) == []


def test_it_fails_for_a_command_that_has_become_slower() -> None:
    """A real measurement, of a start that computes."""
    fast, slow = ([sys.executable, "-c", f"sum(range({n}))"] for n in (10**5, 10**7))
    what = "start, beside fast"

    def measure_slow() -> Ratios:
        return compare_commands({"fast": fast, "start": slow}, rounds=1)

    def measure_fast() -> Ratios:
        return compare_commands({"fast": fast, "start": fast}, rounds=1)

    (line,) = check([measure_slow], {what: 1.0})
    assert line.startswith("start, beside fast: ")
    assert check([measure_fast], {what: 2.0}) == []


def test_what_was_slow_only_once_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    ratios = iter([4.0, 2.1])
    assert check([lambda: {"starts": next(ratios)}], KEPT_RATIOS) == []
    assert capsys.readouterr().out == "  2.10  starts (before: 2.00)\n"


def test_a_kept_ratio_that_is_not_measured_any_more_is_a_fault() -> None:
    (line,) = check([lambda: {"other": 1.0}], KEPT_RATIOS)
    assert line.startswith("starts: not measured any more")


def test_the_kept_ratios_are_numbers_above_0() -> None:
    kept = json.loads(KEPT.read_text())
    assert len(kept) >= 6
    assert all(ratio > 0 for ratio in kept.values())

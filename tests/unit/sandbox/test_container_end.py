from typing import Any

import pytest

from runner.contract.limits import Limits
from runner.sandbox.container_end import (
    CUT_MARK,
    STORED_LINE_BYTES,
    cut_log,
    find_interference,
    lifetime,
    read_end,
)

LINE = b"x" * 19 + b"\n"
STORED = len(LINE) + STORED_LINE_BYTES


def test_a_log_that_fits_is_whole_and_not_marked() -> None:
    assert cut_log(LINE * 10, 10 * STORED) == LINE * 10


def test_a_longer_one_loses_its_beginning_and_says_so() -> None:
    assert cut_log(b"first\n" + LINE * 10, 10 * STORED) == CUT_MARK + LINE * 10


def test_one_endless_line_keeps_its_end() -> None:
    assert cut_log(b"a" * 500 + b"b" * 100, 100) == CUT_MARK + b"b" * 100


@pytest.mark.parametrize("character", [b"\x00", b"\x1b", b"<", b"\xff"])
def test_what_the_engine_stores_in_six_bytes_counts_as_six(character: bytes) -> None:
    line = character * 100 + b"\n"
    assert cut_log(line, 600 + STORED_LINE_BYTES).startswith(CUT_MARK)
    assert cut_log(line, 602 + STORED_LINE_BYTES) == line


def test_control_plain_characters_count_once() -> None:
    line = b"x" * 100 + b"\n"
    assert cut_log(line, 101 + STORED_LINE_BYTES) == line


def event(action: str, **attributes: str) -> dict[str, Any]:
    return {"Action": action, "Actor": {"Attributes": attributes}}


START, DIE = event("start"), event("die", exitCode="137")
SIGKILL = event("kill", signal="9")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("kill", "sent a signal"),
        ("pause", "paused"),
        ("stop", "stopped"),
        ("restart", "restarted"),
        ("update", "given other limits"),
    ],
)
def test_what_others_did_is_named(action: str, said: str) -> None:
    assert find_interference([START, event(action), DIE], killed_by_runner=False) == said


def test_the_runners_own_signal_is_not_taken_for_others() -> None:
    assert find_interference([START, SIGKILL, DIE], killed_by_runner=True) is None


def test_control_the_same_signal_is_others_when_the_runner_sent_none() -> None:
    assert find_interference([START, SIGKILL, DIE], killed_by_runner=False) == "sent a signal"


@pytest.mark.parametrize("others", [event("pause"), event("kill", signal="15"), SIGKILL])
def test_beside_the_runners_own_signal_that_of_others_is_seen(others: dict[str, Any]) -> None:
    assert find_interference([START, others, SIGKILL, DIE], killed_by_runner=True) is not None


@pytest.mark.parametrize("action", ["create", "attach", "die", "oom", "exec_die", "destroy"])
def test_control_what_any_container_goes_through_is_no_find_interference(action: str) -> None:
    assert find_interference([START, event(action)], killed_by_runner=False) is None


STATE = {
    "StartedAt": "1970-01-01T00:00:02.500000001Z",
    "FinishedAt": "1970-01-01T00:00:05Z",
    "ExitCode": 137,
    "OOMKilled": False,
}


def test_a_lifetime_is_told_to_fractions_of_a_second() -> None:
    assert lifetime(STATE) == pytest.approx((2.5, 5.0))


@pytest.mark.parametrize(
    ("killed_by_runner", "wall_seconds", "past_deadline"),
    [(True, 3, True), (False, 3, False), (False, 2, True)],
)
def test_an_end_past_the_deadline_is_told_by_the_engines_clock(
    *, killed_by_runner: bool, wall_seconds: float, past_deadline: bool
) -> None:
    limits = Limits(wall_seconds=wall_seconds)
    end = read_end(STATE, limits, killed_by_runner=killed_by_runner, most_pids=0)
    assert end.wall_seconds == pytest.approx(2.5)
    assert end.past_deadline is past_deadline


@pytest.mark.parametrize(("most_pids", "reached"), [(7, False), (8, True)])
def test_a_predictor_seen_with_all_its_processes_is_told(*, most_pids: int, reached: bool) -> None:
    end = read_end(STATE, Limits(pids=8), killed_by_runner=False, most_pids=most_pids)
    assert end.pids_reached is reached

from typing import Any

import pytest

from runner.sandbox.interference import engine_seconds, interference


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
    assert interference([START, event(action), DIE], killed_by_runner=False) == said


def test_the_runners_own_signal_is_not_taken_for_others() -> None:
    assert interference([START, SIGKILL, DIE], killed_by_runner=True) is None


def test_control_the_same_signal_is_others_when_the_runner_sent_none() -> None:
    assert interference([START, SIGKILL, DIE], killed_by_runner=False) == "sent a signal"


@pytest.mark.parametrize("others", [event("pause"), event("kill", signal="15"), SIGKILL])
def test_beside_the_runners_own_signal_that_of_others_is_seen(others: dict[str, Any]) -> None:
    assert interference([START, others, SIGKILL, DIE], killed_by_runner=True) is not None


@pytest.mark.parametrize("action", ["create", "attach", "die", "oom", "exec_die", "destroy"])
def test_control_what_any_container_goes_through_is_no_interference(action: str) -> None:
    assert interference([START, event(action)], killed_by_runner=False) is None


def test_a_moment_of_the_engine_has_nanoseconds() -> None:
    moment = engine_seconds("1970-01-01T00:00:02.500000001Z")
    assert moment == pytest.approx(2.5)

from dataclasses import replace

import pytest

from runner.contract.limits import Limits
from runner.sandbox.outcome import (
    ContainerEnd,
    Outcome,
    clocks_disagree,
    could_be_host_kill,
    describe_fault,
    is_past_deadline,
    predictor_fault,
)

COMPLETED = ContainerEnd(exit_code=0, wall_seconds=1.0)


def test_exit_zero_is_no_fault() -> None:
    assert predictor_fault(COMPLETED) is None


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (replace(COMPLETED, exit_code=1), Outcome.FAILED),
        (replace(COMPLETED, exit_code=137), Outcome.FAILED),
        (replace(COMPLETED, exit_code=137, oom_killed=True), Outcome.OUT_OF_MEMORY),
        (replace(COMPLETED, exit_code=1, oom_killed=True), Outcome.OUT_OF_MEMORY),
        (replace(COMPLETED, exit_code=137, past_deadline=True), Outcome.TIMED_OUT),
        (replace(COMPLETED, output_full=True), Outcome.OUTPUT_LIMIT),
        (replace(COMPLETED, exit_code=1, output_full=True), Outcome.OUTPUT_LIMIT),
        (replace(COMPLETED, exit_code=127, start_error="no such file"), Outcome.FAILED),
    ],
)
def test_a_fault_is_named_by_the_engines_record(end: ContainerEnd, fault: Outcome) -> None:
    assert predictor_fault(end) is fault


def test_a_child_killed_for_memory_is_no_fault_of_a_predictor_that_completes() -> None:
    assert predictor_fault(replace(COMPLETED, oom_killed=True)) is None


def test_the_deadline_comes_before_memory_that_filled_up_meanwhile() -> None:
    both = replace(COMPLETED, exit_code=137, oom_killed=True, past_deadline=True)
    assert predictor_fault(both) is Outcome.TIMED_OUT


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (replace(COMPLETED, exit_code=3), "exited with code 3"),
        (replace(COMPLETED, exit_code=139), "signal 11"),
        (replace(COMPLETED, exit_code=127, start_error="exec: \x1b[31m"), r"exec: \\x1b\[31m"),
    ],
)
def test_a_failure_is_described_without_control_characters(end: ContainerEnd, said: str) -> None:
    line = describe_fault(Outcome.FAILED, end, Limits())
    assert said.replace("\\\\", "\\").replace("\\[", "[") in line
    assert line.isprintable()


def past(
    wall_seconds: float, *, exit_code: int = 0, killed: bool = False, limit: float = 10
) -> bool:
    return is_past_deadline(
        Limits(wall_seconds=limit),
        wall_seconds=wall_seconds,
        exit_code=exit_code,
        killed_by_runner=killed,
    )


def test_the_engines_clock_decides_over_the_wall_time() -> None:
    assert past(10)
    assert past(10.1, exit_code=137, killed=True)
    assert past(700, exit_code=0)


def test_a_predictor_that_ended_in_time_while_the_engine_stalled_is_not_past_it() -> None:
    assert not past(9.9, exit_code=0, killed=True)
    assert not past(9.9, exit_code=1, killed=True)


def test_a_signal_of_the_runner_is_for_the_deadline_though_clocks_differ_a_little() -> None:
    assert past(9.99, exit_code=137, killed=True)
    assert not past(9.99, exit_code=137, killed=False)


def test_sigbus_names_the_limit_of_shared_memory_and_other_signals_do_not() -> None:
    limits = Limits(shm_bytes=32 * 1024**2)
    said = describe_fault(Outcome.FAILED, replace(COMPLETED, exit_code=135), limits)
    assert said.endswith("signal 7 (SIGBUS), as when /dev/shm is full (its limit is 32 MiB)")
    other = describe_fault(Outcome.FAILED, replace(COMPLETED, exit_code=139), limits)
    assert "/dev/shm" not in other


def test_sigkill_from_nobody_known_may_be_the_hosts() -> None:
    assert could_be_host_kill(replace(COMPLETED, exit_code=137))


@pytest.mark.parametrize(
    "end",
    [
        COMPLETED,
        replace(COMPLETED, exit_code=1),
        replace(COMPLETED, exit_code=137, oom_killed=True),
        replace(COMPLETED, exit_code=137, past_deadline=True),
    ],
)
def test_control_an_end_with_a_known_cause_is_not_the_hosts(end: ContainerEnd) -> None:
    assert not could_be_host_kill(end)


def test_a_full_process_limit_is_told_with_the_exit_code() -> None:
    end = replace(COMPLETED, exit_code=1, pids_reached=True)
    assert "its limit of 256 processes" in describe_fault(Outcome.FAILED, end, Limits())
    assert "256" not in describe_fault(Outcome.FAILED, replace(COMPLETED, exit_code=1), Limits())


@pytest.mark.parametrize(
    ("engine_says", "at_most_passed", "expected"),
    [
        pytest.param(3600.1, 0.4, True, id="the engine's clock was set forward"),
        pytest.param(60.0, 59.9, True, id="by as much as the limit"),
        pytest.param(61.0, 60.5, False, id="control: both say that it was too late"),
        pytest.param(0.1, 0.4, False, id="control: both say that it was in time"),
        pytest.param(0.1, 75.0, False, id="the engine stalled, the predictor was in time"),
    ],
)
def test_too_late_needs_time_that_has_passed(
    engine_says: float, at_most_passed: float, expected: bool
) -> None:
    limits = Limits(wall_seconds=60)
    found = clocks_disagree(limits, wall_seconds=engine_says, most_seconds=at_most_passed)
    assert found is expected

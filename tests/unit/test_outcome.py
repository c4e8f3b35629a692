from dataclasses import replace

import pytest

from runner.sandbox.limits import Limits
from runner.sandbox.outcome import ContainerEnd, Outcome, describe_fault, predictor_fault

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

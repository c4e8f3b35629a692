"""The files that a task's container sees."""

from runner.evaluation.changed_inputs import change_inputs
from runner.evaluation.task import CaseTask
from runner.suites.public_suite import PublicSuite
from runner.suites.staging import StagedInputs, stage_inputs


def stage_task(task: CaseTask, suite: PublicSuite) -> StagedInputs:
    """Return the files that the task's container sees."""
    inputs = suite.inputs(suite.case(task.case))
    staged = stage_inputs(inputs, seed=task.seed, limits=task.policy.limits.to_json())
    return change_inputs(staged, task.input_change)

"""A task is a plain value; its key tells every run from every other."""

from pydantic import TypeAdapter

from runner.evaluation.task import CaseTask
from tests.unit.evaluation.builder import TASK


def test_a_task_is_the_same_after_a_way_as_json() -> None:
    form = TypeAdapter(CaseTask)
    assert form.validate_json(form.dump_json(TASK)) == TASK

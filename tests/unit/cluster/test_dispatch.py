"""Which slot of a cluster runs which task next."""

from dataclasses import replace

from runner.cluster.dispatch import Dispatch
from runner.cluster.room import Room
from runner.contract.limits import GIB, Limits
from runner.evaluation.budget import Budget
from runner.evaluation.executor import MOST_ATTEMPTS
from runner.evaluation.task import CaseTask
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy

SMALL = Room(Budget(1, GIB))
LARGE = Room(Budget(2, GIB))
WITH_GPU = Room(Budget(1, GIB), gpus=1)


def task(name: str, need: Room = SMALL) -> CaseTask:
    budget = need.budget
    limits = Limits(cpus=budget.cpus, memory_bytes=budget.memory_bytes, gpus=need.gpus)
    image = Image("image", "sha256:1")
    return CaseTask(image, "v1", "sha256:2", "3", name, SandboxPolicy(limits), 1)


def dispatch(*tasks: CaseTask, most_slots: int) -> Dispatch:
    """Return a dispatch with as many slots as it wants, named from 1."""
    made = Dispatch(tasks, most_slots)
    add_wanted(made)
    return made


def add_wanted(made: Dispatch) -> list[Room]:
    wanted = list(made.wanted())
    for need in wanted:
        made.add(max((int(str(name)) for name in made.slots), default=0) + 1, need)
    return wanted


def begun(made: Dispatch, name: int) -> tuple[str | None, str | None]:
    """Return the cases that a slot is told to run, and to make ready."""
    assigned = made.assign(name)
    if assigned is None:
        return None, None
    return assigned[0].case, assigned[1].case if assigned[1] else None


def test_there_are_no_more_slots_than_tasks_and_than_may_run_at_a_time() -> None:
    tasks = [task(str(number)) for number in range(3)]
    assert list(Dispatch(tasks, most_slots=2).wanted()) == [SMALL] * 2
    assert list(Dispatch(tasks, most_slots=9).wanted()) == [SMALL] * 3
    assert list(dispatch(*tasks, most_slots=2).wanted()) == []


def test_tasks_are_begun_in_order_each_slot_with_one_ahead() -> None:
    made = dispatch(*(task(str(number)) for number in range(5)), most_slots=2)
    assert begun(made, 1) == ("0", "1")
    assert begun(made, 2) == ("2", "3")
    assert made.end(1).case == "0"
    assert begun(made, 1) == ("1", "4")


def test_a_free_slot_takes_what_another_only_made_ready() -> None:
    made = dispatch(*(task(str(number)) for number in range(3)), most_slots=2)
    begun(made, 1)
    begun(made, 2)
    made.end(2)
    assert begun(made, 2) == ("1", None)
    made.end(1)
    assert begun(made, 1) == (None, None)
    made.end(2)
    assert made.is_over


def test_a_lost_slots_tasks_are_begun_again_before_all_others() -> None:
    made = dispatch(*(task(str(number)) for number in range(6)), most_slots=2)
    begun(made, 1)  # 0, and 1 made ready
    begun(made, 2)
    assert made.retry(1) is None
    made.remove(1)
    assert add_wanted(made) == [SMALL]
    made.end(2)
    assert begun(made, 3) == ("1", "0")


def test_a_task_that_is_lost_each_time_is_over_after_some_attempts() -> None:
    made = dispatch(task("bad"), most_slots=1)
    for _ in range(MOST_ATTEMPTS - 1):
        assert begun(made, 1)[0] == "bad"
        assert made.retry(1) is None
    assert begun(made, 1)[0] == "bad"
    failed = made.retry(1)
    assert failed is not None
    assert failed.case == "bad"
    assert made.is_over


def test_a_slot_that_is_shut_gets_nothing_and_another_is_wanted_in_its_stead() -> None:
    made = dispatch(task("0"), task("1"), most_slots=1)
    made.shut(1)
    assert add_wanted(made) == [SMALL]
    assert begun(made, 2) == ("0", "1")


def test_slots_of_another_need_are_added_when_there_is_room_for_them() -> None:
    made = dispatch(task("0", LARGE), task("1"), task("2"), most_slots=2)
    assert [slot.need for slot in made.slots.values()] == [LARGE, SMALL]
    assert begun(made, 1) == ("0", None)
    assert begun(made, 2) == ("1", "2")


def test_a_slot_that_no_task_can_use_gives_up_its_place_to_those_that_wait() -> None:
    made = dispatch(task("0", LARGE), task("1"), most_slots=1)
    begun(made, 1)
    assert made.superfluous() == []
    made.end(1)
    assert made.superfluous() == [1]
    made.remove(1)
    assert add_wanted(made) == [SMALL]


def test_a_free_slot_is_kept_while_nothing_waits_for_its_place() -> None:
    made = dispatch(task("0"), task("1"), most_slots=2)
    begun(made, 1)
    begun(made, 2)
    made.end(1)
    assert made.superfluous() == []
    made.retry(2)  # its node is lost
    made.remove(2)
    assert begun(made, 1) == ("1", None)


def test_what_waits_can_be_dropped() -> None:
    made = dispatch(*(task(str(number)) for number in range(3)), most_slots=1)
    begun(made, 1)
    assert sorted(dropped.case for dropped in made.drop([SMALL])) == ["1", "2"]
    assert not made.is_over
    made.end(1)
    assert made.is_over


def test_what_waits_for_other_places_is_not_dropped() -> None:
    made = dispatch(task("0", WITH_GPU), task("1", WITH_GPU), task("2"), most_slots=1)
    begun(made, 1)
    assert [dropped.case for dropped in made.drop([WITH_GPU])] == ["1"]
    made.end(1)
    made.remove(1)
    assert add_wanted(made) == [SMALL]


def test_tasks_that_ask_for_a_gpu_have_slots_of_their_own() -> None:
    made = dispatch(task("0", WITH_GPU), task("1"), most_slots=2)
    assert [slot.need for slot in made.slots.values()] == [WITH_GPU, SMALL]


def test_tasks_of_two_images_are_told_apart() -> None:
    other = replace(task("0"), image=Image("other", "sha256:9"))
    made = dispatch(task("0"), other, most_slots=1)
    begun(made, 1)
    made.retry(1)
    begun(made, 1)
    made.end(1)
    assert begun(made, 1) == ("0", None)
    made.end(1)
    assert made.is_over

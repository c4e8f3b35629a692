"""Tasks whose images are gone wait, and those after them."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from runner.evaluation.budget import Budget
from runner.evaluation.task import CaseTask
from runner.evaluation.task_queue import Gone, TaskQueue
from runner.sandbox.engine.image import Image
from tests.unit.evaluation.builder import TASK


def image(name: str) -> Image:
    return Image(f"{name}:1", name)


def tasks(names: str) -> list[CaseTask]:
    return [replace(TASK, image=image(one), case=f"{n}") for n, one in enumerate(names)]


def queue(names: str, gone: set[str], jobs: int = 1) -> TaskQueue:
    prepare = cast("Any", lambda task: task.case)
    budget = Budget(100.0, 10**12)
    return TaskQueue(tasks(names), jobs, budget, prepare, lambda one: one.id in gone)


def take(waiting: TaskQueue) -> CaseTask:
    taken = waiting.take()
    assert taken is not None
    return taken[0]


def is_done(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return not thread.is_alive()


def in_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def test_the_first_that_is_gone_is_told_with_what_comes_sooner_and_later() -> None:
    waiting = queue("aabcd", {"b", "d"})
    first = take(waiting)
    found = waiting.find_gone()
    assert found is not None
    assert found == Gone(image("b"), frozenset({"a"}), ("c", "d"))
    waiting.end(first)
    waiting.give_back(first)
    waiting.end(take(waiting))
    found = waiting.find_gone()
    assert found is not None
    assert found.sooner == set()


def test_control_of_images_that_are_there_none_is_told() -> None:
    assert queue("aab", set()).find_gone() is None


def test_a_task_is_taken_when_its_image_is_back_and_none_overtakes_it() -> None:
    gone = {"a"}
    waiting, taken = queue("ab", gone), list[str]()
    thread = in_thread(lambda: taken.append(take(waiting).image.id))
    assert not is_done(thread, 0.1)
    gone.clear()
    waiting.bring_back()
    assert is_done(thread, 5)
    assert taken == ["a"]


def test_an_end_is_awaited_of_an_image_and_not_of_one_of_its_tasks() -> None:
    waiting, ended = queue("aab", {"b"}), list[bool]()
    found = waiting.find_gone()
    assert found is not None
    thread = in_thread(lambda: ended.append(waiting.await_end(found)))
    for _ in range(2):
        assert not is_done(thread, 0.1)
        task = take(waiting)
        waiting.end(task)
        waiting.give_back(task)
    assert is_done(thread, 5)
    assert ended == [True]


def test_no_end_is_awaited_if_no_image_is_needed_sooner() -> None:
    waiting = queue("b", {"b"})
    found = waiting.find_gone()
    assert found is not None
    assert waiting.await_end(found) is False


def test_the_tasks_of_an_image_are_dropped_and_the_others_go_on() -> None:
    waiting = queue("bba", {"b"})
    assert [task.case for task in waiting.drop_image(image("b"))] == ["0", "1"]
    assert take(waiting).image.id == "a"
    assert waiting.take() is None


def test_whoever_waits_for_a_task_goes_when_all_are_dropped() -> None:
    waiting, taken = queue("b", {"b"}), list[object]()
    thread = in_thread(lambda: taken.append(waiting.take()))
    assert not is_done(thread, 0.1)
    assert [task.case for task in waiting.drop()] == ["0"]
    assert is_done(thread, 5)
    assert taken == [None]
    assert waiting.find_gone() is None

"""The tasks of a pool that wait, and when each may begin."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.evaluation.budget import Budget
from runner.evaluation.task import CaseTask
from runner.sandbox.engine.image import Image
from runner.sandbox.sandbox import Preparation


@dataclass(frozen=True)
class Gone:
    """An image that tasks wait for.

    Attributes:
        sooner: the IDs of the images of tasks that come before these, or are under way.
        later: those of the tasks after them, in their order.
    """

    image: Image
    sooner: frozenset[str]
    later: tuple[str, ...]


class TaskQueue:
    """Tasks that wait, the first ones prepared; threads take them as the budget allows.

    Strictly in order: otherwise small tasks could overtake a large one for ever. A task whose image
    is gone waits until it is back, and all after it wait too.
    """

    def __init__(
        self,
        tasks: Sequence[CaseTask],
        jobs: int,
        budget: Budget,
        prepare: Callable[[CaseTask], Preparation],
        is_gone: Callable[[Image], bool],
    ) -> None:
        self._waiting, self._prepare, self._is_gone = deque(tasks), prepare, is_gone
        self._jobs, self._budget = jobs, budget
        self._ready: deque[tuple[CaseTask, Preparation]] = deque()
        self._under_way: Counter[str] = Counter()
        self._ahead = jobs
        self._changed = threading.Condition()

    def take(self) -> tuple[CaseTask, Preparation] | None:
        """Return the next task as soon as the budget allows it; None when all have been taken."""
        with self._changed:
            self._make_ready()
            while self._ready or self._waiting:
                if self._ready and self._hold(self._ready[0][0]):
                    taken = self._ready.popleft()
                    self._make_ready()
                    return taken
                self._changed.wait()
            return None

    def take_again(self, task: CaseTask) -> None:
        """Wait until the budget allows a task that was given back."""
        with self._changed:
            self._changed.wait_for(lambda: self._hold(task))

    def give_back(self, task: CaseTask) -> None:
        """Free a task's share of the budget, because its container has ended."""
        with self._changed:
            self._jobs += 1
            self._budget += Budget.of_case(task.policy.limits)
            self._changed.notify_all()

    def end(self, task: CaseTask) -> None:
        """Note that a task is over, and needs its image no more."""
        with self._changed:
            self._under_way -= Counter([task.image.id])
            self._changed.notify_all()

    def find_gone(self) -> Gone | None:
        """Return the first image that tasks wait for because it is gone."""
        with self._changed:
            waiting = list({task.image.id: task.image for task in self._waiting}.values())
            for number, image in enumerate(waiting):
                if self._is_gone(image):
                    before, after = waiting[:number], waiting[number + 1 :]
                    sooner = frozenset([*self._under_way, *(one.id for one in before)])
                    return Gone(image, sooner, tuple(one.id for one in after))
            return None

    def bring_back(self) -> None:
        """Let the tasks go on whose image is back."""
        with self._changed:
            self._make_ready()
            self._changed.notify_all()

    def await_end(self, gone: Gone) -> bool:
        """Wait until an image is needed no more that was needed sooner; False if none was."""
        with self._changed:
            if not gone.sooner:
                return False
            self._changed.wait_for(lambda: not gone.sooner <= self._needed())
            return True

    def _needed(self) -> frozenset[str]:
        return frozenset([*self._under_way, *(task.image.id for task in self._waiting)])

    def drop_image(self, image: Image) -> list[CaseTask]:
        """Return the tasks of an image that have not been prepared, and remove them."""
        with self._changed:
            dropped = [task for task in self._waiting if task.image.id == image.id]
            self._waiting = deque(task for task in self._waiting if task.image.id != image.id)
            self._make_ready()
            self._changed.notify_all()
        return dropped

    def drop(self) -> list[CaseTask]:
        """Return the tasks that have not been taken, and remove them from the queue."""
        with self._changed:
            ready = [task for task, _ in self._ready]
            dropped = [*ready, *self._waiting]
            self._under_way -= Counter(task.image.id for task in ready)
            self._ready.clear()
            self._waiting.clear()
            self._changed.notify_all()
        return dropped

    def _hold(self, task: CaseTask) -> bool:
        """Take a task's share if it is free; return whether it was."""
        need = Budget.of_case(task.policy.limits)
        if not self._jobs or not self._budget.holds(need):
            return False
        self._jobs -= 1
        self._budget -= need
        return True

    def _make_ready(self) -> None:
        while self._waiting and len(self._ready) < self._ahead:
            if self._is_gone(self._waiting[0].image):
                break
            task = self._waiting.popleft()
            self._under_way[task.image.id] += 1
            self._ready.append((task, self._prepare(task)))

"""How often a case is run if the engine fails. Only this decides it; executors ask."""

from collections import Counter

from runner.errors import EngineError
from runner.evaluation.task import CaseTask

MOST_ATTEMPTS = 3
"""How often a case is run, at most, whether its engine failed or its node was lost."""

PAUSE_SECONDS = 1
"""How long an engine that has failed is left alone before its next case."""


class Attempts:
    """Counts how often each task was begun."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()  # by identity: keys take long to compare

    def begin(self, task: CaseTask) -> None:
        """Count one more attempt."""
        self._begun[id(task)] += 1

    def are_over(self, task: CaseTask) -> bool:
        """Return whether a task that has failed is not tried again."""
        return self._begun[id(task)] >= MOST_ATTEMPTS

    def describe_next(self, task: CaseTask, error: EngineError) -> str:
        """Return a line of progress: why a task is tried again."""
        again = f"Trying again ({self._begun[id(task)]} of {MOST_ATTEMPTS - 1})."
        return f"{task.title}: {error} {again}"

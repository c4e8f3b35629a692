"""Cases judged for the progress, held until their report is made."""

from contextlib import suppress

from cachetools import LRUCache

from runner.evaluation.repetitions import JudgedCase
from runner.evaluation.task import CaseKey

HELD_TARGETS = 50_000
"""Judged cases of so many targets are held, about 50 MB; those of larger batches are judged again,
from what is kept of their containers."""


class Judgements:
    """The cases that were judged last, by what their runs follow from. For one thread."""

    def __init__(self) -> None:
        self._held: LRUCache[str, JudgedCase] = LRUCache(HELD_TARGETS, getsizeof=_targets)

    def find(self, key: CaseKey) -> JudgedCase | None:
        """Return the judged case, None if it is not held."""
        found: JudgedCase | None = self._held.get(key.digest)
        return found

    def hold(self, key: CaseKey, judged: JudgedCase) -> None:
        """Hold a judged case, in place of those that were not asked for the longest."""
        with suppress(ValueError):  # it has more targets than are held of all
            self._held[key.digest] = judged


def _targets(judged: JudgedCase) -> int:
    return 1 + len(judged.actuals.stats) + len(judged.actuals.instance_stats)

"""A cache of cases that were judged for the progress, used when their report is made."""

from contextlib import suppress

from cachetools import LRUCache

from runner.evaluation.task import CaseKey
from runner.evaluation.verdict import JudgedCase

HELD_TARGETS = 50_000
"""The cached cases may have this many targets in all, about 50 MB. In larger batches the other
cases are judged again, from the stored results of their containers."""


class Judgements:
    """The most recently judged cases. For one thread.

    By the suite, whose actuals judge, and the key of the run: two suites may share a run.
    """

    def __init__(self) -> None:
        self._held: LRUCache[tuple[str, str], JudgedCase] = LRUCache(
            HELD_TARGETS, getsizeof=_targets
        )

    def find(self, suite_digest: str, key: CaseKey) -> JudgedCase | None:
        """Return the judged case, None if it is not in the cache."""
        found: JudgedCase | None = self._held.get((suite_digest, key.digest))
        return found

    def hold(self, suite_digest: str, key: CaseKey, judged: JudgedCase) -> None:
        """Cache a judged case; drop the least recently used ones to make room."""
        with suppress(ValueError):  # it alone has more targets than the cache holds
            self._held[suite_digest, key.digest] = judged


def _targets(judged: JudgedCase) -> int:
    return 1 + len(judged.actuals.stats) + len(judged.actuals.instance_stats)

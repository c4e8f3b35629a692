"""Where lines of progress go: by default to the log named ``runner``."""

import logging
from collections.abc import Callable, Sequence

from runner.errors import RunnerError
from runner.evaluation.passes import CaseProgress, Pass, describe
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase
from runner.progress import Silent
from runner.untrusted import printable_lines

Announce = Callable[[str], None]
"""Called with one line at a time, from any thread."""

log_line: Announce = logging.getLogger("runner").info


class AnnouncedLines(Silent):
    """Announces lines, but no progress of long work."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce

    def say(self, line: str) -> None:
        """Announce a line."""
        self._announce(printable_lines(line))


class AnnouncedCases(CaseProgress):
    """Announces a line when a case begins and when it ends."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce

    def say(self, line: str) -> None:
        """Announce a line."""
        self._announce(printable_lines(line))

    def expect(self, passes: Sequence[Pass]) -> None:
        """Announce nothing: the cases have not begun."""

    def find(self, pass_: Pass, cases: int) -> None:
        """Announce how many cases need not be run."""
        self.say(f"{pass_.title}: {cases} cases have finished before")

    def begin(self, task: CaseTask) -> None:
        """Announce that a case begins."""
        self.say(f"{task.title}: running")

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Announce how a case ended."""
        how = f"not run: {ended}"
        if isinstance(ended, JudgedCase):
            how = describe(ended.run, ended.verdict, pass_.settings.policy.limits)
        self.say(f"{pass_.task(case).title}: {how}")

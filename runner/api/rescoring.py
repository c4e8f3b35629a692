"""Reports scored again on a new version of their suite, without a container."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from runner.api.announcing import Announce, AnnouncedLines, log_line
from runner.api.checked import LocalPlace, Place, checked
from runner.api.opened_reports import OpenedReport
from runner.api.opened_suites import OpenedSuite, open_suite
from runner.api.tables import html_table
from runner.evaluation.rescoring import Rescoring, rescore_results
from runner.files.signatures import SigningKey, read_signing_key
from runner.files.stores import open_store
from runner.leaderboard.rank_moves import RankMove, rank_moves
from runner.progress import Progress
from runner.reports.changed_targets import ChangedTarget, changed_targets
from runner.reports.found_reports import find_reports
from runner.submissions.told import find_ledgers, refuse_while_open


class RescoredResults:
    """What ``runner.rescore`` did.

    Attributes:
        suite: the suite's name, version and digest, on which the reports are now.
        current: how many reports were on it already.
    """

    def __init__(self, done: Rescoring, suite: OpenedSuite) -> None:
        self._done = done
        self.suite = {"name": suite.name, "version": suite.version, "digest": suite.digest}
        self.current = done.current

    @property
    def reports(self) -> list[OpenedReport]:
        """The new reports. The earlier ones are kept beside them."""
        return [OpenedReport(one.now, one.directory) for one in self._done.rescored]

    @property
    def refused(self) -> Mapping[Path, list[str]]:
        """Why other reports were not scored again, by directory: a line for each case or file."""
        return self._done.refused

    @cached_property
    def changes(self) -> list[ChangedTarget]:
        """The targets whose actuals have changed, each once."""
        return changed_targets((one.before, one.now) for one in self._done.rescored)

    @cached_property
    def moves(self) -> list[RankMove]:
        """How the ranks moved among the reports that were scored again, the best now first.

        Reports that a ledger has made are in the order of their directories, without ranks: only
        `runner leaderboard --ledger` may rank them.
        """
        before = {one.directory: one.before for one in self._done.rescored}
        now = {one.directory: one.now for one in self._done.rescored}
        moves = rank_moves(before, now)
        if not self.ledgers:
            return moves
        unranked = [replace(one, rank_before=None, rank=None) for one in moves]
        return sorted(unranked, key=lambda one: one.directory)

    @property
    def ledgers(self) -> list[Path]:
        """The ledgers that these reports were made under; they alone may rank them."""
        return sorted(set(find_ledgers([one.directory for one in self._done.rescored]).values()))

    @property
    def targets(self) -> pd.DataFrame:
        """One row per target whose actual has changed: case, run_spec_name, stat, before, now."""
        return pd.DataFrame([asdict(one) for one in self.changes])

    @property
    def ranks(self) -> pd.DataFrame:
        """One row per evaluation: rank_before, rank, value_before, value, submitter, image."""
        return pd.DataFrame([asdict(one) for one in self.moves])

    def __repr__(self) -> str:
        counts = f"{len(self._done.rescored)} reports, {len(self.refused)} refused"
        return f"<RescoredResults on {self.suite['name']} {self.suite['version']}: {counts}>"

    def _repr_html_(self) -> str:
        names = ("rank_before", "rank", "submitter", "image", "value_before", "value")
        rows = [[getattr(one, name) for name in names] for one in self.moves]
        return html_table(f"{self.suite['name']} {self.suite['version']}", names, rows)


@checked
def rescore(
    results: Place,
    suite: Place | OpenedSuite,
    *,
    sign_with: LocalPlace | None = None,
    announce: Announce = log_line,
) -> RescoredResults:
    """Score the predictions of reports on a new version of their suite, without a container.

    For a version that corrects actuals. Each new report takes the place of the earlier one, which
    is kept beside it. A report of which a case has other inputs in the new version is refused.

    Args:
        results: a directory or URL below which reports are.
        suite: the new version: an open suite with its private half, or what ``runner.open_suite``
            takes.
        sign_with: the file of a private key that signs the new reports. A report that it has not
            signed is refused.
        announce: called with each line of progress.

    Raises:
        UsageError: no report there is of a suite with this name, one can't be written, or the key
            can't be used.
        SuiteError: the suite can't be used, or no report can be read.
    """
    key = None if sign_with is None else read_signing_key(Path(sign_with))
    return rescore_with(results, suite, AnnouncedLines(announce), key)


def rescore_with(
    results: str | Path,
    suite: str | Path | OpenedSuite,
    progress: Progress,
    signing_key: SigningKey | None,
) -> RescoredResults:
    """Do the same, and show the progress."""
    if not isinstance(suite, OpenedSuite):
        with open_suite(suite, announce=progress.say) as opened:
            return rescore_with(results, opened, progress, signing_key)
    place = open_store(results)
    refuse_while_open(find_reports(place))
    return RescoredResults(rescore_results(place, suite.suite, progress, signing_key), suite)

"""Where an evaluation stands among others: those in a directory of reports, or on a leaderboard.

Reports hold every target, so that each pair is compared as the leaderboard
does it. A leaderboard's JSON holds scores alone: there two are distinct if their intervals
don't overlap, which takes a larger difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runner.errors import SuiteError, UsageError
from runner.files.given_paths import real_path
from runner.files.stores import read_file
from runner.leaderboard.contenders import ChosenReports, Contender
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.reduced_reports import make_contender
from runner.leaderboard.suite_choice import each_once
from runner.progress import SILENT, Progress
from runner.reports.found_reports import find_reports
from runner.reports.report import Report
from runner.scores.rank_range import RankRange, Standing
from runner.scores.score import Score


class PublishedEntry(BaseModel):
    """One entry of ``runner leaderboard --json``: the fields that a rank by intervals needs."""

    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)

    digest: str
    value: float | None
    low: float | None
    high: float | None
    unranked: str | None


class PublishedScoring(BaseModel):
    """The suite's scoring policy: the fields that a rank by intervals needs."""

    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)

    primary: str


class PublishedLeaderboard(BaseModel):
    """The JSON of ``runner leaderboard --json``."""

    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)

    digest: str
    scoring: PublishedScoring
    entries: tuple[PublishedEntry, ...]


@dataclass(frozen=True)
class Competitors:
    """The evaluations that others are ranked among: reports, or a leaderboard without them."""

    source: Path
    reports: Mapping[Path, Contender]
    published: PublishedLeaderboard | None

    def check_suite(self, name: str, digest: str) -> None:
        """Refuse evaluations of another suite; those of its other versions only don't count.

        Raises:
            UsageError: they are of another suite.
        """
        suites = {each.digest: each.suite for each in self.reports.values()}
        if self.published is not None:
            suites[self.published.digest] = ""
        if suites and digest not in suites and name not in suites.values():
            raise UsageError(
                f"{self.source}: its evaluations are of the suite {next(iter(suites))}, this one "
                f"is of {digest}. Name the leaderboard of this suite."
            )

    def rank(
        self, report: Report, directory: Path, others: Mapping[Path, Report]
    ) -> Standing | None:
        """Return where a report stands; None if it can't be ranked.

        Args:
            directory: where the report is; an older report from there does not count.
            others: further reports of this command, by their directories.
        """
        if self.published is not None:
            return _rank_by_intervals(report, self.published)
        made = {path: make_contender(other) for path, other in others.items()}
        return _rank_in_pairs(make_contender(report), directory, {**self.reports, **made})


def read_competitors(path: Path, progress: Progress = SILENT) -> Competitors:
    """Return the evaluations in a directory of reports or in a leaderboard's JSON file.

    Raises:
        UsageError: there is nothing.
        SuiteError: the file, or every report, can't be read.
    """
    try:
        content = None if path.is_dir() else read_file(path)
    except OSError as error:
        raise UsageError(
            f"{path}: no leaderboard ({error.strerror}). It is a directory of reports, or a file "
            "that `runner leaderboard DIR --json` wrote."
        ) from error
    if content is None:
        reports = read_contenders(path, progress).reports if find_reports(path) else {}
        return Competitors(path, reports, None)
    try:
        return Competitors(path, {}, PublishedLeaderboard.model_validate_json(content))
    except ValidationError as error:
        raise SuiteError(f"{path}: not what `runner leaderboard DIR --json` writes") from error


def _rank_in_pairs(
    report: Contender, directory: Path, others: Mapping[Path, Contender]
) -> Standing | None:
    own = real_path(directory)
    reports = {
        path: each
        for path, each in others.items()
        if real_path(path) != own and each.digest == report.digest
        # The same runs may have another report, e.g. without --repeat.
        if each.identity != report.identity
    }
    chosen = ChosenReports({**each_once(reports), directory: report})
    board = make_leaderboard(chosen, None)
    (entry,) = [entry for entry in board.entries if entry.report == directory]
    if entry.rank is None:
        return None
    return Standing(entry.rank, sum(each.rank is not None for each in board.entries))


def _rank_by_intervals(report: Report, board: PublishedLeaderboard) -> Standing | None:
    score = report.score(board.scoring.primary)
    if not report.meets_policy or score is None or score.value is None:
        return None
    known = {report.image.id, *report.image.digests}
    ranked = [
        entry
        for entry in board.entries
        if entry.unranked is None and entry.value is not None and entry.digest not in known
    ]
    sides = [_side(entry, score) for entry in ranked]
    sign = 1 if report.scoring.primary_metric.better == "higher" else -1
    better, worse = sides.count(sign), sides.count(-sign)
    return Standing(RankRange(1 + better, 1 + len(ranked) - worse), 1 + len(ranked))


def _side(entry: PublishedEntry, score: Score) -> int:
    """Return 1 if an entry's interval is above the score's, -1 if below, 0 if they meet."""
    if score.low is None or score.high is None or entry.low is None or entry.high is None:
        return 0
    return (entry.low > score.high) - (entry.high < score.low)

"""Evaluations of one suite, ranked: rank ranges from paired comparisons, intervals, outcomes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.cases.stability import meets
from runner.errors import SuiteError, UsageError
from runner.progress import SILENT, Progress
from runner.reports.records import report_records
from runner.reports.report import REPORT_FILE, Report, read_report
from runner.sandbox.outcome import Outcome
from runner.scores.aggregation import Score, replicate_primary
from runner.scores.comparison import RankRange, compare_all, rank
from runner.scores.policy import ScoringPolicy
from runner.scores.resampling import Replicates, Resampling
from runner.stores import files_below, is_remote

DEEPEST_REPORT = 4
"""Levels below the leaderboard's directory in which reports are looked for."""


class Submitters(BaseModel):
    """The organizer's file of submitters.

    Attributes:
        show: only the best entry of each submitter, or all of them.
        submitters: a submitter's name -> the references, IDs or digests of its images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    show: Literal["best", "all"] = "best"
    submitters: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]


@dataclass(frozen=True)
class Entry:
    """One evaluation on the leaderboard.

    Attributes:
        rank: None if the evaluation is not ranked, and ``unranked`` says why.
        score: the primary metric over the suite, if there is one.
        probability_better: that it is better than the next in the table, as ``Comparison`` has it.
        outcomes: how many cases ended in which way.
        digest: the image's registry digest, or its ID where it has none.
    """

    rank: RankRange | None
    submitter: str
    image: str
    digest: str
    score: Score | None
    probability_better: float | None
    outcomes: Mapping[str, int]
    unranked: str | None
    report: Path


@dataclass(frozen=True)
class Attempt:
    """One evaluation in a submitter's history; ``value`` is None if it is not scored."""

    created: str
    image: str
    digest: str
    value: float | None


@dataclass(frozen=True)
class Leaderboard:
    """The entries in their order, those that are not ranked last.

    Attributes:
        probabilities: [i][j], that ranked entry i is better than j, as ``Comparison`` has it.
        attempts: every evaluation of each submitter, the earliest first, also those that are not
            shown because another one is better.
    """

    suite: str
    suite_version: str
    suite_digest: str
    policy: ScoringPolicy
    entries: tuple[Entry, ...]
    probabilities: tuple[tuple[float, ...], ...]
    attempts: Mapping[str, tuple[Attempt, ...]]


def read_reports(directory: Path, progress: Progress = SILENT) -> dict[Path, Report]:
    """Return every report below a directory, by the directory that holds it.

    Raises:
        UsageError: there is none, or they are of suites of different digests.
        SuiteError: one can't be read.
    """
    paths = find_reports(directory)
    found = {}
    with progress.task("reading reports", len(paths)) as task:
        for path in paths:
            found[path] = read_report(path)
            task.advance()
    if not found:
        raise UsageError(
            f"{directory}: no report in it. "
            f"`runner evaluate IMAGE --suite SUITE --out {directory}` writes one."
        )
    first_path, first = next(iter(found.items()))
    for path, report in found.items():
        if report.suite.digest != first.suite.digest:
            raise UsageError(
                f"{path} is of the suite {report.suite.name} {report.suite.digest}, {first_path} "
                f"of {first.suite.name} {first.suite.digest}. Evaluations are compared on one "
                "suite only: name a directory with reports of one."
            )
        if report.scoring != first.scoring:
            raise UsageError(f"{path} is scored by another policy than {first_path}.")
    return found


def read_submitters(path: Path) -> Submitters:
    """Return what the organizer's file says.

    Raises:
        SuiteError: it can't be read or has a wrong field; every wrong one is named.
    """
    try:
        return Submitters.model_validate(yaml.safe_load(path.read_bytes()))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SuiteError(f"{path}: {'; '.join(wrong)}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SuiteError(f"{path}: not a file of submitters ({error})") from error


def make_leaderboard(
    reports: Mapping[Path, Report],
    submitters: Submitters | None,
    resampling: Resampling,
    progress: Progress = SILENT,
) -> Leaderboard:
    """Return the evaluations in order, the best first.

    Args:
        reports: of one suite; see ``read_reports``.
        submitters: whose an image is; one that it does not name is whose the report says, or its
            own submitter's.
    """
    first = next(iter(reports.values()))
    policy = first.scoring
    found = []
    with progress.task("resampling runs", len(reports)) as task:
        for path, report in reports.items():
            found.append(_Evaluated.of(path, report, submitters, resampling))
            task.advance()
    ranked = sorted(
        (each for each in found if each.replicates is not None), key=lambda each: each.order(policy)
    )
    others = [each for each in found if each.replicates is None]
    if submitters is not None and submitters.show == "best":
        ranked = _best_of_each(ranked)
    values = [each.replicates for each in ranked if each.replicates is not None]
    table = compare_all(values, policy, resampling.level)
    better = [table[i][i + 1].probability_better for i in range(len(table) - 1)]
    entries = [
        each.entry(place, probability)
        for each, place, probability in zip(
            ranked, rank(table, policy), [*better, None][: len(ranked)], strict=True
        )
    ]
    return Leaderboard(
        suite=first.suite.name,
        suite_version=first.suite.version,
        suite_digest=first.suite.digest,
        policy=policy,
        entries=(*entries, *(each.entry(None, None) for each in others)),
        probabilities=tuple(tuple(pair.probability_better for pair in row) for row in table),
        attempts=_attempts(found),
    )


def _attempts(found: Sequence["_Evaluated"]) -> dict[str, tuple[Attempt, ...]]:
    attempts: dict[str, list[Attempt]] = {}
    for each in sorted(found, key=lambda each: each.report.created):
        attempts.setdefault(each.submitter, []).append(each.attempt())
    return {submitter: tuple(ordered) for submitter, ordered in attempts.items()}


@dataclass(frozen=True)
class _Evaluated:
    """A report, with the resamples of its primary metric if it can be ranked."""

    path: Path
    report: Report
    submitter: str
    replicates: Replicates | None
    unranked: str | None

    @classmethod
    def of(
        cls, path: Path, report: Report, submitters: Submitters | None, resampling: Resampling
    ) -> "_Evaluated":
        submitter = _submitter(report, submitters)
        unranked = why_unranked(report)
        replicates = None
        if unranked is None:
            records = report_records(report)
            replicates = replicate_primary(records, report.scoring, resampling)
        if unranked is None and replicates is None:
            score = report.score(report.scoring.primary)
            unranked = (
                f"no {report.scoring.primary}: {score.reason if score else 'no such targets'}"
            )
        return cls(path, report, submitter, replicates, unranked)

    def order(self, policy: ScoringPolicy) -> tuple[float, str]:
        value = self.replicates.point if self.replicates is not None else 0.0
        sign = -1 if policy.primary_metric.better == "higher" else 1
        return sign * value, self.report.image.reference

    def attempt(self) -> Attempt:
        image, score = self.report.image, self.report.score(self.report.scoring.primary)
        digest = image.digests[0] if image.digests else image.id
        value = None if score is None else score.value
        return Attempt(self.report.created, image.reference, digest, value)

    def entry(self, place: RankRange | None, probability_better: float | None) -> Entry:
        image = self.report.image
        return Entry(
            rank=place,
            submitter=self.submitter,
            image=image.reference,
            digest=image.digests[0] if image.digests else image.id,
            score=self.report.score(self.report.scoring.primary),
            probability_better=probability_better,
            outcomes=Counter(str(case.outcome) for case in self.report.cases),
            unranked=self.unranked,
            report=self.path,
        )


def why_unranked(report: Report) -> str | None:
    """Return why a report can't be ranked, or None if it can."""
    unfinished = [case for case in report.cases if case.outcome is not Outcome.SCORED]
    if unfinished:
        first = unfinished[0]
        return f"{len(unfinished)} of {len(report.cases)} cases not scored ({first.outcome})"
    return meets(report.scoring.determinism, report.repetitions)


def _submitter(report: Report, submitters: Submitters | None) -> str:
    image = report.image
    names = {image.reference, image.reference.removesuffix(":latest"), image.id, *image.digests}
    for name, images in () if submitters is None else submitters.submitters.items():
        if names.intersection(images):
            return name
    return report.submitter or image.reference


def _best_of_each(ranked: Sequence[_Evaluated]) -> list[_Evaluated]:
    best: dict[str, _Evaluated] = {}
    for each in ranked:
        best.setdefault(each.submitter, each)
    return list(best.values())


def find_reports(directory: Path, depth: int = DEEPEST_REPORT) -> list[Path]:
    """Return the directories at or below one that hold a report, hidden ones left out.

    Raises:
        UsageError: the store of its URL can't be reached.
    """
    if is_remote(directory):
        return _find_remote_reports(directory, depth)
    if (directory / REPORT_FILE).is_file():
        return [directory]
    if depth == 0 or not directory.is_dir():
        return []
    below = sorted(path for path in directory.iterdir() if path.is_dir() and not path.is_symlink())
    shown = [path for path in below if not path.name.startswith(".")]
    return [found for path in shown for found in find_reports(path, depth - 1)]


def _find_remote_reports(directory: Path, depth: int) -> list[Path]:
    """Return the same of a URL, which is listed at once: to look into each would take too long."""
    found = []
    for path in files_below(directory):
        *folders, name = path.relative_to(directory).parts
        is_shown = not any(folder.startswith(".") for folder in folders)
        if name == REPORT_FILE and len(folders) <= depth and is_shown:
            found.append(path.parent)
    return sorted(found, key=str)


def leaderboard_rows(board: Leaderboard) -> list[dict[str, Any]]:
    """Return one row per entry for programs: plain values, texts as they are."""
    return [
        {
            "rank": None if entry.rank is None else str(entry.rank),
            "rank_best": None if entry.rank is None else entry.rank.best,
            "rank_worst": None if entry.rank is None else entry.rank.worst,
            "submitter": entry.submitter,
            "image": entry.image,
            "metric": board.policy.primary,
            "value": None if entry.score is None else entry.score.value,
            "low": None if entry.score is None else entry.score.low,
            "high": None if entry.score is None else entry.score.high,
            "note": None if entry.score is None else entry.score.note,
            "probability_better_than_next": entry.probability_better,
            "targets": None if entry.score is None else entry.score.targets,
            "runs": None if entry.score is None else entry.score.runs,
            "outcomes": dict(entry.outcomes),
            "unranked": entry.unranked,
            "digest": entry.digest,
            "report": str(entry.report),
        }
        for entry in board.entries
    ]

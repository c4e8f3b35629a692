"""Evaluations of one suite, ranked: rank ranges from paired comparisons, intervals, outcomes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.errors import RunnerError, SuiteError
from runner.files.submitter_names import identity
from runner.leaderboard.board import Leaderboard, LeaderboardEntry, PastEvaluation
from runner.leaderboard.contenders import ChosenReports, Contender
from runner.leaderboard.submitters import Submitters
from runner.progress import SILENT, Progress, say_first
from runner.reports.score_text import population
from runner.scores.clusters import Replicates
from runner.scores.comparison import compare_all, rank
from runner.scores.policy import ScoringPolicy
from runner.scores.rank_range import RankRange


def make_leaderboard(
    chosen: ChosenReports,
    submitters: Submitters | None,
    progress: Progress = SILENT,
) -> Leaderboard:
    """Return the evaluations in order, the best first.

    A report that meets a bug, or has other targets or runs than the others, is listed but not
    ranked.

    Args:
        chosen: of one suite.
        submitters: who submitted which image. For an image that it does not name, the submitter in
            the report counts; without one, the image is a submitter of its own.
    """
    reports = chosen.reports
    first = next(iter(reports.values()))
    policy = first.scoring
    usual = _usual(reports.values())
    found = [_Evaluated.of(path, each, submitters, usual) for path, each in reports.items()]
    faults = [f"{each.path}: not ranked: {each.fault}" for each in found if each.fault is not None]
    say_first(progress.say, faults, "reports are not ranked")
    found = _one_spelling(found)
    shows_best = submitters is not None and submitters.show == "best"
    ranked, others = _to_show(found, chosen.passed_over, policy, shows_best=shows_best)
    values = [each.replicates for each in ranked if each.replicates is not None]
    table = compare_all(values, policy)
    probabilities = tuple(map(tuple, table.probabilities.tolist()))
    better = [probabilities[i][i + 1] for i in range(len(values) - 1)]
    entries = [
        each.entry(place, probability)
        for each, place, probability in zip(
            ranked, rank(table), [*better, None][: len(ranked)], strict=True
        )
    ]
    return Leaderboard(
        suite=first.suite,
        suite_version=first.version,
        suite_digest=first.digest,
        policy=policy,
        adds=first.adds,
        population=_population(entries),
        entries=(*entries, *(each.entry(None, None) for each in others)),
        probabilities=probabilities,
        attempts=_attempts(found),
        faults=tuple(each.fault for each in found if each.fault is not None),
        others=chosen.others,
    )


def _to_show(
    found: Iterable["_Evaluated"],
    passed_over: Mapping[Path, str],
    policy: ScoringPolicy,
    *,
    shows_best: bool,
) -> tuple[list["_Evaluated"], list["_Evaluated"]]:
    """Return the evaluations that are ranked, the best first, and the others that are shown.

    Args:
        passed_over: why some are not ranked, although they are scored.
        shows_best: whether of each submitter only what counts is shown.
    """
    counted, not_counted = [], []
    for each in found:
        if each.path in passed_over:
            not_counted.append(replace(each, unranked=passed_over[each.path]))
        else:
            counted.append(each)
    ranked = [each for each in counted if each.replicates is not None]
    ranked.sort(key=lambda each: each.order(policy))
    others = [each for each in counted if each.replicates is None]
    if shows_best:
        return _best_of_each(ranked), others
    return ranked, [*others, *not_counted]


def _scored_on(report: Contender, replicates: Replicates) -> tuple[Any, ...]:
    """Return what is equal in two reports that can be compared with each other."""
    factors = (replicates.scenarios, replicates.models, replicates.pairs)
    return (report.targets, *map(len, factors))


def _usual(reports: Iterable[Contender]) -> tuple[Any, ...] | None:
    """Return what most reports that can be ranked are scored on."""
    ranked = [_scored_on(each, each.replicates) for each in reports if each.replicates is not None]
    return Counter(ranked).most_common(1)[0][0] if ranked else None


def _population(entries: Sequence[LeaderboardEntry]) -> str:
    scores = [entry.score for entry in entries if entry.score is not None]
    return population(scores[0]) if scores else ""


def _attempts(found: Sequence["_Evaluated"]) -> dict[str, tuple[PastEvaluation, ...]]:
    attempts: dict[str, list[PastEvaluation]] = {}
    for each in sorted(found, key=lambda each: each.report.created):
        attempts.setdefault(each.submitter, []).append(each.attempt())
    return {submitter: tuple(ordered) for submitter, ordered in attempts.items()}


@dataclass(frozen=True)
class _Evaluated:
    """A report, its submitter, and the replicates of its primary metric if it can be ranked.

    Attributes:
        unranked: why it is not ranked, if it is not.
        fault: the error that it met, if that is why.
    """

    path: Path
    report: Contender
    submitter: str
    replicates: Replicates | None
    unranked: str | None
    fault: RunnerError | None
    is_baseline: bool

    @classmethod
    def of(
        cls, path: Path, report: Contender, submitters: Submitters | None, usual: object
    ) -> "_Evaluated":
        submitter = _submitter(report, submitters)
        baselines = () if submitters is None else submitters.baselines
        is_baseline = not _image_names(report).isdisjoint(baselines)
        if report.replicates is not None and _scored_on(report, report.replicates) != usual:
            fault = SuiteError(
                f"{path}: its targets or runs are not those of the other reports of this suite; "
                "`runner verify` says what has changed in it"
            )
            return cls(path, report, submitter, None, str(fault), fault, is_baseline)
        found = (report.replicates, report.unranked, report.fault)
        return cls(path, report, submitter, *found, is_baseline)

    def order(self, policy: ScoringPolicy) -> tuple[float, str]:
        value = self.replicates.point if self.replicates is not None else 0.0
        sign = -1 if policy.primary_metric.better == "higher" else 1
        return sign * value, self.report.image.reference

    def attempt(self) -> PastEvaluation:
        image, score = self.report.image, self.report.score
        digest = image.digests[0] if image.digests else image.id
        value = None if score is None else score.value
        return PastEvaluation(self.report.created, image.reference, digest, value)

    def entry(self, place: RankRange | None, probability_better: float | None) -> LeaderboardEntry:
        image = self.report.image
        return LeaderboardEntry(
            rank=place,
            submitter=self.submitter,
            image=image.reference,
            digest=image.digests[0] if image.digests else image.id,
            score=self.report.score,
            probability_better=probability_better,
            outcomes=self.report.outcomes,
            unranked=self.unranked,
            report=self.path,
            curve=self.report.curve,
            is_baseline=self.is_baseline,
            facts=image.facts,
        )


def _one_spelling(found: Sequence[_Evaluated]) -> list[_Evaluated]:
    """Return them with the first spelling of each submitter's name, so that it has one history."""
    first: dict[str, str] = {}

    def spelled(each: _Evaluated) -> str:
        if each.submitter != each.report.submitter:  # an image, or a name of the organizer's file
            return each.submitter
        try:
            return first.setdefault(identity(each.submitter), each.submitter)
        except ValueError:  # could be taken for another: it is nobody else's
            return each.submitter

    ordered = sorted(found, key=lambda each: each.report.created)
    names = {each.path: spelled(each) for each in ordered}
    return [replace(each, submitter=names[each.path]) for each in found]


def _submitter(report: Contender, submitters: Submitters | None) -> str:
    names = _image_names(report)
    for name, images in () if submitters is None else submitters.submitters.items():
        if names.intersection(images):
            return name
    return report.submitter or report.image.reference


def _image_names(report: Contender) -> set[str]:
    """Return what the organizer's file may call an image."""
    image = report.image
    return {image.reference, image.reference.removesuffix(":latest"), image.id, *image.digests}


def _best_of_each(ranked: Sequence[_Evaluated]) -> list[_Evaluated]:
    best: dict[str, _Evaluated] = {}
    for each in ranked:
        best.setdefault(each.submitter, each)
    return list(best.values())

"""A ledger's scores on a corrected version of its suite, without a container.

What was told is told again as if the suite had always been the corrected one: of the same frozen
predictions, by the same rules, on the same public runs, in the order in which they were scored. So
a correction tells of each score once more, and no submitter can choose what. Attempts keep their
times, so that the quota counts them as before.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runner.errors import SuiteError, UsageError
from runner.evaluation.rescoring import Rescoring, rescore_results
from runner.files.submitter_names import identity
from runner.progress import Progress
from runner.reports.found_reports import read_reports
from runner.reports.report import Report, parse_report
from runner.submissions.entries import (
    Attempt,
    Entry,
    Scored,
    ScoredAgain,
    find_closed,
    list_attempts,
)
from runner.submissions.ladder import PublicScore
from runner.submissions.ledger import Ledger
from runner.submissions.public_score import check_scoring, score_public
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs
from runner.submissions.telling import tell_score
from runner.suites.sharing import refuse_shared
from runner.suites.suite import Suite


@dataclass(frozen=True)
class ToldAgain:
    """What was told of an attempt, and what is told of it on the corrected suite."""

    id: str
    submitter: str
    image: str
    before: float
    now: float


@dataclass(frozen=True)
class _Corrected:
    """A scored attempt, and its score and the baseline's on the corrected suite."""

    attempt: Attempt
    score: PublicScore
    baseline: PublicScore


def correct_ledger(
    ledger: Ledger, results: Path, suite: Suite, by: str, why: str, progress: Progress
) -> list[ToldAgain]:
    """Score a ledger's reports on a corrected version of their suite, and record what is told now.

    Either every score is replaced, or none is. After an interruption the same call continues.

    Args:
        results: where the ledger's reports are.
        by: who decides.

    Raises:
        UsageError: the ledger is closed, an evaluation is running, or the public runs would be
            others.
        SuiteError: a report can't be scored on that version, or is missing.
    """
    rules, entries = ledger.read_to_add()
    refuse_shared(suite, "One case could pass another its actuals.")
    check_scoring(suite)
    before = _find_version(ledger, entries, results, suite)
    done = rescore_results(results, suite, progress, ledger.signing_key)
    reports = list(read_reports(results, parse_report, progress).reports.values())
    scored = _scored_in_order(entries, before)
    corrected = [
        found
        for attempt in scored
        if (found := _correct(attempt, reports, suite, rules, done)) is not None
    ]
    scores = _tell(rules, corrected, suite.scoring.largest_loss)
    ledger.record_correction(entries, before, suite.digest, scores, by, why)
    return [_told_again(each.attempt, scores) for each in corrected]


def _find_version(ledger: Ledger, entries: Sequence[Entry], results: Path, suite: Suite) -> str:
    """Return the digest of the suite's version that the ledger's scores are on."""
    if find_closed(entries) is not None:
        raise UsageError(
            f"{ledger.path}: closed. `runner rescore` scores its reports again, and `runner "
            "leaderboard --ledger` ranks them."
        )
    attempts = list_attempts(entries)
    counted = {attempt.began.submission.suite for attempt in attempts}
    if suite.digest in counted:
        raise UsageError(f"{ledger.path}: there are evaluations on this version of {suite.name}.")
    found = read_reports(results, parse_report).reports.values()
    versions = counted & {each.suite.digest for each in found if each.suite.name == suite.name}
    if len(versions) != 1:
        raise UsageError(
            f"{results}: has reports of {len(versions)} versions of {suite.name} that the ledger "
            f"{ledger.path} has evaluations on; name the directory with those of one."
        )
    (before,) = versions
    running = [
        attempt.began.id
        for attempt in attempts
        if attempt.began.submission.suite == before
        and attempt.ended is None
        and not attempt.is_given_back
    ]
    if running:
        raise UsageError(
            f"{ledger.path}: evaluations are running or were cut off: {', '.join(running)}. Let "
            "them end, or `runner ledger give-back` them."
        )
    return before


def _scored_in_order(entries: Sequence[Entry], suite: str) -> list[Attempt]:
    by_id = {attempt.began.id: attempt for attempt in list_attempts(entries)}
    scored = [by_id[entry.id] for entry in entries if isinstance(entry, Scored)]
    return [attempt for attempt in scored if attempt.began.submission.suite == suite]


def _correct(
    attempt: Attempt, reports: Sequence[Report], suite: Suite, rules: Rules, done: Rescoring
) -> _Corrected | None:
    """Return an attempt with its scores now; None if it counts no longer, and has no report.

    Raises:
        SuiteError: it has no report that was scored again.
        UsageError: other runs would be public.
    """
    pair = _find_pair(attempt, reports, suite, rules)
    if pair is None and attempt.is_given_back:
        return None
    if pair is None:
        reasons = [f" {path}: {'; '.join(lines)}." for path, lines in done.refused.items()]
        raise SuiteError(
            f"The attempt {attempt.began.id} has no report that could be scored on "
            f"{suite.name} {suite.manifest.version}, so no score is replaced.{''.join(reasons)}"
        )
    earlier, now = pair
    public = public_runs(now, rules)
    if public != public_runs(earlier, rules):
        raise UsageError(
            f"{suite.name} {suite.manifest.version}: other runs would be public, and private ones "
            "told. Correct actuals only."
        )
    scores = score_public(now, public)
    if scores is None:
        raise SuiteError(f"{suite.name} {suite.manifest.version}: has no public target.")
    return _Corrected(attempt, *scores)


def _find_pair(
    attempt: Attempt, reports: Iterable[Report], suite: Suite, rules: Rules
) -> tuple[Report, Report] | None:
    """Return the report that an attempt's score is of, and the one that was made of it."""
    submission = attempt.began.submission
    own = [
        each
        for each in reports
        if each.submitter is not None
        and identity(each.submitter) == identity(submission.submitter)
        and each.image.id == submission.image
    ]
    for now in own:
        if now.suite.digest == suite.digest and now.rescored_from is not None:
            of = (now.rescored_from.suite.digest, now.rescored_from.created)
            for earlier in own:
                is_before = (submission.suite, earlier.created) == of
                if (
                    is_before
                    and earlier.suite.digest == submission.suite
                    and _has_score(earlier, attempt, rules)
                ):
                    return earlier, now
    return None


def _has_score(report: Report, attempt: Attempt, rules: Rules) -> bool:
    """Return whether a report gives the score that the ledger has."""
    if not isinstance(attempt.ended, Scored) or not report.meets_policy:
        return False
    found = score_public(report, public_runs(report, rules))
    return found is not None and math.isclose(found[0].value, attempt.ended.value, rel_tol=1e-9)


def _tell(
    rules: Rules, corrected: Sequence[_Corrected], largest_loss: float
) -> dict[str, ScoredAgain]:
    """Return each attempt's score, and what is told of it after those before."""
    attempts: list[Attempt] = []
    order: list[str] = []
    scores: dict[str, ScoredAgain] = {}
    for each in corrected:
        began = each.attempt.began
        told = tell_score(
            rules, attempts, order, began.submission, each.score, each.baseline, largest_loss
        )
        again = ScoredAgain(
            value=each.score.value, left_out=tuple(each.score.left_out), published=told
        )
        scores[began.id] = again
        ended = Scored(id=began.id, at=began.at, **again.model_dump())
        attempts.append(replace(each.attempt, ended=ended))
        order.append(began.id)
    return scores


def _told_again(attempt: Attempt, scores: dict[str, ScoredAgain]) -> ToldAgain:
    began, ended = attempt.began, attempt.ended
    if not isinstance(ended, Scored):
        raise TypeError(ended)
    submitter, now = began.submission.submitter, scores[began.id].published
    return ToldAgain(began.id, submitter, began.reference, ended.published, now)

"""A ledger's admission control: which evaluations may run, and what is published of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import (
    EngineError,
    NoRoomError,
    RunnerError,
    SubmissionError,
    UsageError,
)
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import Pass
from runner.files.submitter_names import identity
from runner.leaderboard.published import outcome_word
from runner.progress import Say
from runner.reports.report import Report
from runner.scores.metrics import METRICS
from runner.submissions.entries import (
    ENGINE_FAULT,
    RUNNER_FAULT,
    Began,
    CountedSubmission,
)
from runner.submissions.ledger import Ledger
from runner.submissions.public_score import check_kinds, check_scoring, score_public, scored_runs
from runner.submissions.quota import Answered, Refused
from runner.submissions.rules import Rules
from runner.submissions.split import public_groups, public_runs, split_groups
from runner.suites.sharing import refuse_shared
from runner.suites.suite import Suite
from runner.untrusted import printable

BEFORE_ANY_SUITE = "none"
"""Stands for a suite's digest in entries of images that could not be fetched."""

Publish = Callable[[str, str], None]
"""Called with an image's reference and a line that anyone may read."""


@dataclass
class Admission:
    """The evaluations of a submitter that the ledger has admitted. Records how they end.

    Attributes:
        publish: called with what the rules allow to be published.
        say: called with what else the organizer should know.
        began: the entries of admitted evaluations, by the directories of their reports.
        refused: the reasons why other evaluations may not run now.
    """

    ledger: Ledger
    rules: Rules
    submitter: str
    publish: Publish
    say: Say
    began: dict[Path, Began] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def fetch(
        self, references: Sequence[str], suites: Sequence[str], fetch: Callable[[str, bool], None]
    ) -> None:
        """Fetch images; that it fails is counted like an evaluation without a score.

        Else a reference would be a free look at what the machine can reach, again and again. Whose
        quota is used up has nothing more fetched: its images could fill the disk, so that nobody
        else's can be fetched. The others of several images are fetched all the same.

        Args:
            suites: the digests of those that the images are to be evaluated on.
            fetch: makes sure that the engine has an image, by its reference; if it may not ask a
                registry, an image that the engine lacks is a UsageError.

        Raises:
            SubmissionError: an image has failed too often, or the submitter's quota is used up.
            EngineError, UsageError: no image can be fetched; the error of the first.
        """
        faults: list[EngineError | UsageError] = []
        for reference in references:
            submission = self._submission(reference, BEFORE_ANY_SUITE)
            refused = self.ledger.find_refusal(submission)
            if refused is not None:
                raise SubmissionError(self._refusal(printable(reference), refused))
            refused = self._find_refusal_on_all(reference, suites)
            if refused is not None:
                self._find_there(reference, refused, fetch)
                continue
            try:
                fetch(reference, True)
            except NoRoomError as error:  # no fault of the submitter's, and no look at anything
                faults.append(error)
            except (EngineError, UsageError) as error:
                is_of_host = isinstance(error, EngineError)  # e.g. no registry answers
                reason = ENGINE_FAULT if is_of_host else "not fetched"
                self.ledger.fail(submission, reference, reason)
                faults.append(error)
        if len(faults) == len(references):
            raise faults[0]

    def _find_there(
        self, reference: str, refused: Refused, fetch: Callable[[str, bool], None]
    ) -> None:
        """Let an image that the engine has be looked at: it may be one that has an answer."""
        try:
            fetch(reference, False)
        except UsageError as error:
            raise SubmissionError(self._refusal(printable(reference), refused)) from error

    def _submission(self, image: str, suite: str) -> CountedSubmission:
        return CountedSubmission(submitter=self.submitter, image=image, suite=suite)

    def _find_refusal_on_all(self, reference: str, suites: Iterable[str]) -> Refused | None:
        """Return why an image that is new may be evaluated on none of the suites, or None.

        One that began under this reference may have an answer, or be taken up again.
        """
        found = [self.ledger.find_refusal(self._submission(reference, each)) for each in suites]
        began = [each.began for each in self.ledger.attempts()]
        is_known = any(
            each.reference == reference
            and each.submission.suite != BEFORE_ANY_SUITE
            and identity(each.submission.submitter) == identity(self.submitter)
            for each in began
        )
        return None if is_known or None in found else found[0]

    def check(self, suites: Iterable[Suite]) -> None:
        """Refuse suites that no competition can have.

        Raises:
            SuiteError: cases of a suite share runs.
            UsageError: a suite can't be divided into public and private runs, or its score can't
                be published a little at a time.
        """
        for suite in suites:
            refuse_shared(suite, "One case could pass another its actuals.")
            check_scoring(suite)
            groups = split_groups(scored_runs(suite), suite.manifest.choices)
            check_kinds(suite, public_groups(groups, self.rules))

    def admit(self, planned: Mapping[Path, Pass]) -> dict[Path, Pass]:
        """Return the evaluations that may run; publish the earlier answer for those scored before.

        Args:
            planned: their suites have been checked.

        Raises:
            SubmissionError: none may run, and at least one is refused.
        """
        for directory, one in planned.items():
            submission = self._submission(one.image.id, one.suite.digest)
            found = self.ledger.admit(submission, one.image.reference)
            if isinstance(found, Began):
                self.began[directory] = found
            elif isinstance(found, Answered):
                metric = one.suite.scoring.primary
                self._publish_score(one.image.reference, metric, found.published, "scored before: ")
            elif isinstance(found, Refused):
                self.refused.append(self._refusal(one.title, found))
        if self.refused and not self.began:
            raise SubmissionError(" ".join(self.refused))
        for line in self.refused:
            self.say(line)
        return {path: one for path, one in planned.items() if path in self.began}

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        """Record how an evaluation ended, and publish what the rules allow of its score."""
        directory = finished.directory
        if isinstance(finished.result, RunnerError):  # free of charge
            is_engine = isinstance(finished.result, EngineError)
            word = ENGINE_FAULT if is_engine else RUNNER_FAULT
            self._release(finished.first.image.reference, directory, word)
        else:
            self._settle(directory, finished.result)

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        """Do nothing: each evaluation has been recorded already."""

    def _settle(self, directory: Path, report: Report) -> None:
        reference = report.image.reference
        found = score_public(report, public_runs(report, self.rules))
        if not report.meets_policy or found is None:
            word = outcome_word(report) if not report.meets_policy else "no public target"
            self._release(reference, directory, word)
            return
        score, baseline = found
        published = self.ledger.settle(
            self.began[directory], score, baseline, report.scoring.largest_loss
        )
        self._publish_score(reference, report.scoring.primary, published, "")

    def _release(self, reference: str, directory: Path, word: str) -> None:
        self.ledger.release(self.began[directory], word)
        self.publish(reference, f"{word}: not scored, and not charged")

    def _publish_score(self, reference: str, metric: str, published: float, prefix: str) -> None:
        how = {"ladder": " by the Ladder", "rounded": ", rounded", "exact": ""}[self.rules.publish]
        value = f"{METRICS[metric].title} {published:.6g} on the public split{how}"
        self.publish(reference, f"{prefix}{value}")

    def _refusal(self, title: str, refused: Refused) -> str:
        who, hours = printable(self.submitter), f"{self.rules.period_hours:g} hours"
        if refused.until is None:
            because = {
                "closed": "the competition is closed.",
                "disqualified": f"{who} is disqualified.",
                "corrected": "this version of the suite was corrected. Use the new one.",
            }
            image = (
                f"this image has ended {self.rules.failures} times without a score, and is not run "
                "again. Submit another image."
            )
            return f"{title}: {because.get(refused.why, image)}"
        until = refused.until.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
        most = self.rules.evaluations
        used = {
            "evaluations": f"its {most} evaluations",
            "failures": f"its {most * self.rules.failures} evaluations without a score",
        }[refused.why]
        return f"{title}: {who} has used {used} within {hours}. The next is allowed at {until}."

"""What ``runner evaluate --ledger`` adds: who may be evaluated, and what is told of the score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from runner.errors import SubmissionError
from runner.evaluation.passes import Pass
from runner.files.written_files import write_file
from runner.reports.report import Report, why_unranked
from runner.scores.metrics import METRICS
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Answered, Began, Refused, Submission
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs, score_public
from runner.untrusted import markdown_code, printable


@dataclass
class Admission:
    """The evaluations of a submitter that the ledger has let in.

    Attributes:
        summary_file: what is told is appended to it, as Markdown.
        began: their entries, by the directories that their reports go to.
        refused: why others may not be evaluated now.
    """

    ledger: Ledger
    rules: Rules
    submitter: str
    summary_file: Path | None
    say: Callable[[str], None]
    began: dict[Path, Began] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def admit(self, planned: Mapping[Path, Pass]) -> dict[Path, Pass]:
        """Return the evaluations that may be made; of the others it is told why, or the answer.

        Raises:
            SubmissionError: none may, and at least one is refused.
            UsageError: a suite can't be divided into public and private runs.
        """
        for one in planned.values():
            public_runs(one.suite.eval_run_specs(), self.rules)
        for place, one in planned.items():
            submission = Submission(
                submitter=self.submitter, image=one.image.id, suite=one.suite.digest
            )
            found = self.ledger.admit(submission, one.image.reference)
            if isinstance(found, Began):
                self.began[place] = found
            elif isinstance(found, Answered):
                metric = one.suite.scoring.primary
                self._tell(one.image.reference, metric, found.published, "scored before: ")
            elif isinstance(found, Refused):
                self.refused.append(self._refusal(one, found))
        if self.refused and not self.began:
            raise SubmissionError(" ".join(self.refused))
        for line in self.refused:
            self.say(line)
        return {place: one for place, one in planned.items() if place in self.began}

    def release(self, place: Path) -> None:
        """Enter that the engine failed, which is free of charge."""
        self.ledger.release(self.began[place], "engine fault")

    def settle(self, place: Path, report: Report) -> None:
        """Enter how an evaluation ended, and tell what is published of it."""
        reference, began = report.image.reference, self.began[place]
        unranked = why_unranked(report)
        score = None
        if unranked is None:
            score = score_public(report, public_runs(report.eval_run_specs, self.rules))
            unranked = None if score else f"no {report.scoring.primary} on the public split"
        if score is None:
            self.ledger.release(began, str(unranked))
            self._write(reference, f"not scored, and not charged: {unranked}")
            return
        better = report.scoring.primary_metric.better or "lower"
        published = self.ledger.settle(began, score, better)
        self._tell(reference, report.scoring.primary, published, "")

    def _tell(self, reference: str, metric: str, published: float, prefix: str) -> None:
        how = {"ladder": " by the Ladder", "rounded": ", rounded", "exact": ""}[self.rules.publish]
        value = f"{METRICS[metric].title} {published:.6g} on the public split{how}"
        self._write(reference, f"{prefix}{value}")

    def _write(self, reference: str, line: str) -> None:
        click.echo(f"{printable(self.submitter)}: {printable(reference)}: {printable(line)}")
        if self.summary_file is not None:
            names = f"{markdown_code(self.submitter)} {markdown_code(reference)}"
            write_file(self.summary_file, f"{names}: {printable(line)}\n\n".encode(), "ab")

    def _refusal(self, one: Pass, refused: Refused) -> str:
        until = refused.until.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
        return (
            f"{one.title}: {printable(self.submitter)} has had its {self.rules.evaluations} "
            f"evaluations of any {self.rules.period_hours:g} hours. The next is allowed at {until}."
        )

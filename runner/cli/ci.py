"""What ``runner evaluate`` does for CI: gates, a rank, a summary, JUnit XML, nothing secret."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.errors import UsageError
from runner.files.written_files import write_file

if TYPE_CHECKING:
    from runner.errors import EngineError
    from runner.leaderboard.published import CheckedReport
    from runner.leaderboard.standing import Competitors
    from runner.reports.report import Report
    from runner.scores.gate import Gate
    from runner.submissions.admission import Admission
    from runner.suites.public_suite import PublicSuite


@dataclass(frozen=True)
class Ci:
    """What a CI job asks for.

    Attributes:
        is_closed: what is printed and written besides the reports is fit for participants.
    """

    gates: "tuple[Gate, ...]"
    competitors: "Competitors | None"
    summary_file: Path | None
    junit_file: Path | None
    is_closed: bool

    def open_ledger(self, path: Path, submitter: str, say: Callable[[str], None]) -> "Admission":
        """Return who may be evaluated by a ledger; what is told goes to the summary too.

        Raises:
            UsageError: something is asked for that tells more of scores than the ledger does.
        """
        from runner.submissions.admission import Admission
        from runner.submissions.ledger import Ledger

        if self.gates or self.competitors is not None or self.junit_file is not None:
            raise UsageError(
                "--min-score, --leaderboard and --junit tell of scores what the ledger does not: "
                "leave them out. `runner ledger show` is the leaderboard while it runs."
            )
        ledger = Ledger(path)
        rules, _ = ledger.read()
        return Admission(ledger, rules, submitter, self.summary_file, say)

    def check_suite(self, suite: "PublicSuite") -> None:
        """Refuse, before anything runs, a leaderboard of another suite."""
        if self.competitors is not None:
            self.competitors.check_suite(suite.digest)

    def check_reports(self, reports: "Mapping[Path, Report]") -> "dict[Path, CheckedReport]":
        """Return the reports with their gates' results and ranks, by where they are."""
        from runner.leaderboard.published import CheckedReport
        from runner.scores.gate import check_gate

        checked = {}
        for place, report in reports.items():
            gates = tuple(check_gate(gate, report.scores) for gate in self.gates)
            found = self.competitors
            standing = None if found is None else found.rank(report, place, reports)
            checked[place] = CheckedReport(report, gates, standing)
        return checked

    def write(
        self, checked: "Mapping[Path, CheckedReport]", faults: "Mapping[str, EngineError]"
    ) -> None:
        """Append the summary and write the JUnit XML, those that are asked for.

        Raises:
            UsageError: one can't be written; the reports have been.
        """
        from runner.leaderboard.junit import junit_xml
        from runner.leaderboard.summary import summary

        if self.summary_file is not None:
            text = "".join(summary(each) for each in checked.values()).encode()
            write_file(self.summary_file, text, "ab")
        if self.junit_file is not None:
            xml = junit_xml(list(checked.values()), faults, is_closed=self.is_closed)
            write_file(self.junit_file, xml, "wb")


OPTIONS = (
    click.option(
        "--min-score",
        "gates",
        multiple=True,
        metavar="METRIC=VALUE",
        help="A score must be at least as good, e.g. mae=0.1 or skill=0.2, else the exit code is "
        "6; which way is better follows from the metric. May be repeated.",
    ),
    click.option(
        "--leaderboard",
        "leaderboard",
        type=click.Path(path_type=Path),
        help="Tell the rank among the reports in this directory, or in this file of `runner "
        "leaderboard DIR --json`.",
    ),
    click.option(
        "--summary",
        "summary_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Append a summary in Markdown to this file, e.g. $GITHUB_STEP_SUMMARY.",
    ),
    click.option(
        "--junit",
        "junit_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write JUnit XML to this file, a test case per case.",
    ),
    click.option(
        "--closed",
        "is_closed",
        is_flag=True,
        help="Print for participants: scores, outcomes and causes; no actuals, no predictions, no "
        "text of the predictor. The report has all of it.",
    ),
)


def ci_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of CI, as one argument ``ci``."""

    @functools.wraps(command)
    def with_ci(
        gates: tuple[str, ...],
        leaderboard: Path | None,
        summary_file: Path | None,
        junit_file: Path | None,
        is_closed: bool,
        **others: Any,
    ) -> Any:
        from runner.scores.gate import read_gate

        wanted = tuple(read_gate(text) for text in gates)
        competitors = None
        if leaderboard is not None:
            from runner.leaderboard.standing import read_competitors

            competitors = read_competitors(leaderboard)
        return command(ci=Ci(wanted, competitors, summary_file, junit_file, is_closed), **others)

    for option in reversed(OPTIONS):
        with_ci = option(with_ci)
    return with_ci

"""CI support in ``runner evaluate``: gates, ranks, a summary and JUnit XML, without secrets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from runner.cli.echo import echo_json
from runner.cli.evaluation_options import CiOptions
from runner.cli.evaluation_text import fault_line
from runner.cli.live.display import Display
from runner.errors import RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.files.bug_log import attempt
from runner.files.written_files import append_text, write_file
from runner.leaderboard.junit import BEGINNING, junit_xml
from runner.leaderboard.published import CheckedReport, published_gate, published_record
from runner.leaderboard.summary import summary
from runner.reports.report import Report
from runner.reports.table import comparison_rows
from runner.scores.gate import Gate, check_gate, read_gate
from runner.suites.public_suite import PublicSuite

if TYPE_CHECKING:  # reading and ranking reports takes long to load; few runs are ranked
    from runner.leaderboard.standing import Competitors

Made = TypeVar("Made")


@dataclass(frozen=True)
class Checks:
    """What reports are checked against: gates, and the evaluations to rank them among."""

    gates: tuple[Gate, ...]
    competitors: "Competitors | None"

    def check_suites(self, suites: Iterable[PublicSuite]) -> None:
        """Raise an error, before anything runs, if the leaderboard is for another suite.

        Raises:
            UsageError: the leaderboard's suite has another digest.
        """
        if self.competitors is not None:
            for suite in suites:
                self.competitors.check_suite(suite.name, suite.digest)

    def check(self, directory: Path, reports: Mapping[Path, Report]) -> CheckedReport:
        """Return the report of a directory with its gates' results, and its rank among others.

        Args:
            reports: all of this command, by their directories.
        """
        report, among = reports[directory], self.competitors
        gates = tuple(check_gate(gate, report.scores) for gate in self.gates)
        standing = None if among is None else among.rank(report, directory, reports)
        return CheckedReport(report, gates, standing)


def read_checks(options: CiOptions, display: Display) -> Checks:
    """Return the checks that the options ask for.

    Raises:
        UsageError: a gate or a leaderboard can't be read.
    """
    gates = tuple(read_gate(text) for text in options.gates)
    directory = options.leaderboard
    if directory is None:
        return Checks(gates, None)
    from runner.cli.competitors import read_ranked  # noqa: PLC0415  (slow; few runs are ranked)

    return Checks(gates, read_ranked(directory, display))


@dataclass
class CiOutput:
    """Prints JSON, ranks and gates at the end, and writes the files for CI.

    Attributes:
        left_out: why images were left out before anything ran; JSON has these too.
        is_below_gate: whether a report fails a gate; known at the end.
        faults: what single reports met; the others are shown.
    """

    checks: Checks
    options: CiOptions
    display: Display
    as_json: bool
    left_out: Sequence[RunnerError] = ()
    is_below_gate: bool = False
    faults: list[RunnerError] = field(default_factory=list)

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        """Do nothing yet: ranks need all reports of the batch."""

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        """Check all reports; print and write the results.

        Raises:
            UsageError: a file can't be written; the reports have been written before.
            RunnerError: a report could not be shown; all others have been.
        """
        reports = {one.directory: one.result for one in finished if isinstance(one.result, Report)}
        checked = self._made({path: partial(self.checks.check, path, reports) for path in reports})
        self.is_below_gate = any(each.is_below_gate for each in checked.values())
        with self.display.aside():
            self._print(checked, finished)
        is_closed = self.options.is_closed
        if self.options.summary_file is not None:
            texts = self._made(
                {
                    path: partial(summary, each, is_closed=is_closed)
                    for path, each in checked.items()
                }
            )
            append_text(self.options.summary_file, "".join(texts.values()))
        if self.options.junit_file is not None:
            faults = {
                one.first.title: one.result
                for one in finished
                if isinstance(one.result, RunnerError)
            }
            xml = junit_xml(list(checked.values()), faults, is_closed=is_closed)
            write_file(self.options.junit_file, xml, BEGINNING)
        if self.faults:
            raise self.faults[0]

    def _made(self, makers: Mapping[Path, Callable[[], Made]]) -> dict[Path, Made]:
        """Return what is made of each report; one that meets a bug is told, and left out."""
        made = {}
        for directory, make in makers.items():
            one = attempt(make)
            if isinstance(one, RunnerError):
                self.display.say(f"{directory}: can't be shown: {one}")
                self.faults.append(one)
            else:
                made[directory] = one
        return made

    def _print(
        self, checked: Mapping[Path, CheckedReport], finished: Sequence[FinishedEvaluation]
    ) -> None:
        if self.as_json:
            is_closed = self.options.is_closed
            shown = self._made(
                {
                    path: partial(_evaluation_json, path, each, is_closed=is_closed)
                    for path, each in checked.items()
                }
            )
            faults = _faults_json(finished, self.left_out, is_closed=is_closed)
            echo_json([*shown.values(), *faults])
        for each in checked.values():
            rank = [] if each.standing is None else [f"rank {each.standing}"]
            gates = map(published_gate, each.gates) if self.options.is_closed else each.gates
            for line in (*rank, *gates):
                self.display.say(f"{each.report.image.reference}: {line}")


def _evaluation_json(directory: Path, checked: CheckedReport, *, is_closed: bool) -> dict[str, Any]:
    """Return the table's rows, the scores and the whole report, or only the publishable part."""
    if is_closed:
        return {"report_directory": str(directory), **published_record(checked)}
    report = checked.report
    return {
        "report_directory": str(directory),
        "rows": comparison_rows(report),
        **report.model_dump(mode="json"),
    }


def _faults_json(
    finished: Sequence[FinishedEvaluation], left_out: Sequence[RunnerError], *, is_closed: bool
) -> Iterator[dict[str, Any]]:
    """Yield why evaluations and images have no report, or only the publishable part of it."""
    for one in finished:
        if isinstance(one.result, RunnerError):
            image = one.first.image.reference
            text = fault_line(image, one.result) if is_closed else str(one.result)
            of_image = {"image": image, "suite": one.first.suite.name}
            yield {**of_image, "error": text, "exit_code": one.result.exit_code}
    for error in left_out:
        yield {"error": str(error), "exit_code": error.exit_code}

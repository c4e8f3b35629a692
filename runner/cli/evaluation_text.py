"""An evaluation on the terminal."""

import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.cli.echo import echo
from runner.cli.live.display import Display
from runner.errors import EngineError, RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import Pass
from runner.files.stores import read_file
from runner.leaderboard.published import DECIMALS, outcome_word, published_score
from runner.output.findings import message_lines
from runner.reports.comparison_text import comparison_lines
from runner.reports.hints import describe_extra, find_percent, reasons
from runner.reports.own_metrics import OwnMetric, measure
from runner.reports.report import REPORT_FILE, CaseRecord, Report
from runner.reports.score_text import (
    budget_lines,
    repetition_lines,
    score_lines,
    score_text,
    sum_text,
)
from runner.reports.table import comparison_rows
from runner.text_tables import text_table
from runner.untrusted import printable

LOG_LINES = 40
MOST_TARGETS = 40
MOST_FINDINGS = 3
"""Of the output of one case among several; report.json has the rest."""


@dataclass(frozen=True)
class EvaluationPrinter:
    """Prints each evaluation as soon as it is over.

    Attributes:
        as_json: print JSON at the end, and no tables.
        show_log: print the end of the log of each case that was not scored.
        is_closed: print nothing that participants must not see.
        own_metrics: the organizer's, printed after each evaluation; as lines of progress if what
            is printed is JSON.
        has_targets: print predicted and actual of each target of each evaluation.
        has_table: print a table of all evaluations at the end.
        is_quiet: there is no progress to show why an evaluation failed.
    """

    display: Display
    as_json: bool
    show_log: bool
    is_closed: bool
    own_metrics: Sequence[OwnMetric] = ()
    has_targets: bool = True
    has_table: bool = False
    is_quiet: bool = False

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        """Print the evaluation, unless it failed; the progress has shown why if it may be seen."""
        report, directory = finished.result, finished.directory
        if isinstance(report, RunnerError):
            if self.is_closed:
                self.display.say(fault_line(finished.first.image.reference, report))
            elif self.is_quiet and self.as_json:
                self.display.say(f"{finished.first.title}: {report}")
            return
        with self.display.aside():
            for line in log_lines(report, directory) if self.show_log else ():
                self.display.say(line)
            if self.is_closed and not self.as_json:
                print_closed(report, directory)
            elif self.has_targets and not self.as_json:
                print_evaluation(report, directory)
            for metric in self.own_metrics:
                line = f"{report.image.reference}: {measure(report, metric)}"
                (self.display.say if self.as_json else echo)(line)

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        """Print the table of all, and why evaluations have no score if that was not told."""
        if self.has_table and not self.as_json and not self.is_closed:
            with self.display.aside():
                print_batch(finished, with_reasons=not self.has_targets)


def shows_targets(passes: Collection[Pass]) -> bool:
    """Return whether each evaluation is printed by itself, with its targets and all of its scores.

    A single one always is, as it gets no table of a batch; of its targets the first are printed.
    """
    runs = [run for one in passes for case in one.suite.cases for run in case.eval_runs]
    targets = sum(run.targets + run.instance_targets for run in runs)
    return len(passes) == 1 or targets <= MOST_TARGETS


def print_batch(finished: Sequence[FinishedEvaluation], *, with_reasons: bool) -> None:
    """Print a line for each evaluation; then, if asked to, why some have no score."""
    heads = ["image", "suite", "outcome", "score", "report"]
    for line in text_table([heads, *map(_batch_cells, finished)]):
        echo(line)
    for one in finished if with_reasons else ():
        reference = printable(one.first.image.reference)
        if isinstance(one.result, RunnerError):
            echo(f"{reference}: {one.result}")
            continue
        for case in one.result.cases:
            if case.message is not None:
                echo(f"{reference}, {case.id}: {case.outcome}: {printable(case.message)}")
        for line in _hint_lines(one.result, one.directory):
            echo(f"{reference}, {line}")


def _batch_cells(one: FinishedEvaluation) -> list[str]:
    suite, report = one.first.suite.name, one.result
    if isinstance(report, RunnerError):
        return [one.first.image.reference, suite, fault_word(report), "-", "-"]
    metric = report.scoring.primary_metric
    score = report.score(metric.name)
    value = "-" if score is None else f"{metric.title} {score_text(score)}"
    return [report.image.reference, suite, outcome_word(report), value, str(one.directory)]


def print_evaluation(report: Report, directory: Path) -> None:
    """Print predicted and actual stats and the scores, or why there are none."""
    echo()
    if report.is_scored:
        for line in _comparison(report):
            echo(line)
        echo()
        for line in [*score_lines(report), printable(sum_text(report)), *repetition_lines(report)]:
            echo(line)
        curve = budget_lines(report)
        for line in ["", *curve, ""] if curve else []:
            echo(line)
    else:
        echo(f"{report.image.reference} on {report.suite.name}: not scored")
    for case in report.cases:
        _print_case_notes(case, directory, MOST_FINDINGS if len(report.cases) > 1 else None)
    echo(f"report: {directory / REPORT_FILE}")
    for line in _hint_lines(report, directory):
        echo(line)


def _comparison(report: Report) -> Iterator[str]:
    """Yield means that fit a terminal; for a file or a program, every field of HELM's stats."""
    if sys.stdout.isatty():
        targets = [
            each for case in report.cases for each in (*case.targets, *case.instance_targets)
        ]
        width = shutil.get_terminal_size().columns
        yield from comparison_lines(targets[:MOST_TARGETS], width)
        left_out = len(targets) - MOST_TARGETS
    else:
        rows = comparison_rows(report)
        shown = rows[: 2 * MOST_TARGETS]
        cells = [[_cell(value) for value in row.values()] for row in shown]
        yield from text_table([list(shown[0]), *cells])
        left_out = (len(rows) - len(shown)) // 2
    if left_out > 0:
        yield f"... and {left_out} more targets; --json prints all."


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_closed(report: Report, directory: Path) -> None:
    """Print the outcome and the primary score; see ``published.py``."""
    value, title = published_score(report), report.scoring.primary_metric.title
    score = "" if value is None else f", {title} {value:.{DECIMALS}f}"
    echo(f"{report.image.reference}: {outcome_word(report)}{score}")
    echo(f"report: {directory / REPORT_FILE}")


def fault_word(fault: RunnerError) -> str:
    """Return the word that stands for a fault that is not the predictor's."""
    return "engine_fault" if isinstance(fault, EngineError) else "runner_fault"


def fault_line(reference: str, fault: RunnerError) -> str:
    """Return what participants may see of a fault that is not the predictor's: no text of it."""
    return printable(
        f"{reference}: {fault_word(fault)}: the same command without --closed says why"
    )


def _hint_lines(report: Report, directory: Path) -> Iterator[str]:
    """Yield why cases were not scored and what to do, each reason once, for the author."""
    cases: dict[str, list[str]] = {}
    for case in report.cases:
        if case.message is not None:
            log = _read_log(directory / case.log_file)
            for line in reasons(case.outcome, case.cause, case.message, log):
                cases.setdefault(line, []).append(case.id)
    for line, ids in cases.items():
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        yield f"{ids[0]}{more}: {line}"
    targets = [target for case in report.cases for target in case.targets]
    means = [
        (each.name["name"], each.predicted["mean"], each.actual["mean"])
        for each in targets
        if each.predicted is not None
    ]
    percent = find_percent(means, "actual means")
    if percent is not None:
        yield f"note: {percent}"


def _print_case_notes(case: CaseRecord, directory: Path, most_findings: int | None) -> None:
    """Print how a case ended, and the findings of its output: the first, if there is a limit."""
    if case.message is not None:
        cause = f" ({case.cause})" if case.cause else ""
        text, *findings = message_lines(case.message)
        echo(f"{case.id}: {case.outcome}{cause}: {printable(text)}")
        for line in findings[:most_findings]:
            echo(f"{case.id}: {printable(line)}")
        echo(f"{case.id}: log: {directory / case.log_file} (--show-log prints its end)")
    if case.extra_predictions:
        echo(f"{case.id}: {printable(describe_extra(case.extra_predictions))}")


def log_lines(report: Report, directory: Path) -> list[str]:
    """Return the end of the log of every case that was not scored."""
    return [
        f"{case.id} log: {printable(line)}"
        for case in report.cases
        if case.message is not None
        for line in _read_log(directory / case.log_file)[-LOG_LINES:]
    ]


def _read_log(path: Path) -> list[str]:
    return read_file(path).decode(errors="replace").splitlines()

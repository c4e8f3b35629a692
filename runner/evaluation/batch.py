"""A batch of evaluations: images on suites, each with a place for its report."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import docker

from runner.cli.case_lines import CaseLines
from runner.cli.ci import Ci
from runner.cli.evaluation_text import (
    evaluation_json,
    log_lines,
    print_closed,
    print_evaluation,
)
from runner.errors import EngineError, ExitCode, UsageError
from runner.evaluation.evaluation import evaluate
from runner.evaluation.evaluation_key import EvaluationKey
from runner.evaluation.executor import Executor
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass, RunSettings
from runner.files.stores import check_store
from runner.leaderboard.published import CheckedReport
from runner.reports.report import Evaluation, Report
from runner.reports.report_directory import (
    check_writable,
    find_report,
    report_directory_name,
    write_evaluation,
)
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import Pull, obtain_image
from runner.submissions.admission import Admission
from runner.suites.suite import Suite

FINISHED_CASES = "finished_cases"
"""Below the reports: the cases that have finished, whatever comes after."""

OpenExecutor = Callable[[], AbstractContextManager[Executor]]


def resolve_images(
    client: docker.DockerClient,
    references: Sequence[str],
    pull: Pull,
    announce: Callable[[str], None],
) -> tuple[list[Image], int]:
    """Return the images that could be had, and how many could not; of those it is told why.

    Raises:
        UsageError: none could be had; of the first.
        EngineError: the engine, or a registry, can't be reached.
    """
    images: list[Image] = []
    errors: list[UsageError] = []
    for reference in references:
        try:
            images.append(obtain_image(client, reference, pull, announce))
        except UsageError as error:
            errors.append(error)
    if not images:
        raise errors[0]
    for left_out in errors:
        announce(f"left out: {left_out}")
    return images, len(errors)


def plan_suite(
    reports: Path,
    images: Iterable[Image],
    suite: Suite,
    settings: RunSettings,
    taken: Iterable[Path],
) -> dict[Path, Pass]:
    """Return the first pass of each image on a suite, by the directory that its report goes to.

    Args:
        taken: by reports of other suites.

    Raises:
        UsageError: a report could not be written there, or two would be.
    """
    check_store(reports)
    finished = FinishedCases(reports / FINISHED_CASES)
    planned: dict[Path, Pass] = {}
    for image in images:
        place = reports / report_directory_name(image.reference)
        if place in planned or place in taken:
            raise UsageError(
                f"{image.reference}: two images would report to {place}; evaluate one."
            )
        check_writable(place)
        planned[place] = Pass(image, suite, settings, finished)
    return planned


@dataclass(frozen=True)
class Batch:
    """Evaluations to be made, by the directories that their reports go to.

    Attributes:
        submitters: whose an image is, by its reference.
    """

    planned: Mapping[Path, Pass]
    progress: CaseLines
    show_log: bool
    as_json: bool
    ci: Ci
    submitters: Mapping[str, str | None]
    admission: Admission | None = None

    def run(self, open_executor: OpenExecutor, missing: int) -> ExitCode:
        """Make and report all of them; one that can't be made does not stop the others.

        One whose report is there, and follows from the very same, is told as if it had been made.

        Args:
            open_executor: gives what runs cases; called only if something is to be made.
            missing: how many images are not among them because they could not be had.
        """
        reports = self._find_current()
        for place, report in reports.items():
            self._settle(report, place)
        faults: dict[str, EngineError] = {}
        left = {place: one for place, one in self.planned.items() if place not in reports}
        if left:
            with open_executor() as executor:
                reports |= self._make(left, executor, faults)
        checked = self.ci.check_reports({p: reports[p] for p in self.planned if p in reports})
        code = _exit_code(list(checked.values()), len(self.planned), missing)
        if self.admission is not None:  # it has told what may be told
            refused = code is ExitCode.SCORED and self.admission.refused
            return ExitCode.PREDICTOR_FAULT if refused else code
        with self.progress.aside():
            self._tell(checked)
        self.ci.write(checked, faults)
        return code

    def _find_current(self) -> dict[Path, Report]:
        """Return the reports that need not be made, as they are."""
        standing = {}
        for place, one in self.planned.items():
            found = None if one.settings.rerun else find_report(place, self._evaluation_key(one))
            if found is not None:
                standing[place] = found
        if standing:
            self.progress.say(
                f"{len(standing)} of {len(self.planned)} evaluations stand as they were reported: "
                "nothing that they follow from has changed (--rerun runs them again)"
            )
        return standing

    def _evaluation_key(self, one: Pass) -> str:
        return EvaluationKey.of(one, self.submitters[one.image.reference]).digest

    def _make(
        self, left: Mapping[Path, Pass], executor: Executor, faults: dict[str, EngineError]
    ) -> dict[Path, Report]:
        """Make, write and tell evaluations, and return their reports.

        Args:
            faults: gets those by which an evaluation could not be made, by its title.
        """
        places = {id(one): place for place, one in left.items()}
        reports: dict[Path, Report] = {}
        for one, ended in evaluate(list(left.values()), executor, self.progress):
            place = places[id(one)]
            if isinstance(ended, EngineError):
                self.progress.say(f"{one.title}: no report: {ended} Run the same command again.")
                faults[one.title] = ended
                if self.admission is not None:
                    self.admission.release(place)
                continue
            reports[place] = self._write(one, ended, place)
            self._settle(reports[place], place)
        return reports

    def _write(self, one: Pass, ended: Evaluation, place: Path) -> Report:
        """Write the report, which says whose it is and what it follows from; return it."""
        said = {
            "submitter": self.submitters[one.image.reference],
            "evaluation_key": self._evaluation_key(one),
        }
        report = ended.report.model_copy(update=said)
        kept = write_evaluation(replace(ended, report=report), place)
        if kept is not None:
            self.progress.say(
                "the report that was there, of another evaluation or changed since, is kept as "
                f"{kept}"
            )
        return report

    def _settle(self, report: Report, place: Path) -> None:
        with self.progress.aside():
            if self.admission is None:
                self._show(report, place)
            else:
                self.admission.settle(place, report)

    def _tell(self, checked: Mapping[Path, CheckedReport]) -> None:
        """Print the JSON if it is asked for, and what there is to say of ranks and gates."""
        if self.as_json:
            is_closed = self.ci.is_closed
            shown = [evaluation_json(*pair, is_closed=is_closed) for pair in checked.items()]
            click.echo(json.dumps(shown, indent=2))
        for each in checked.values():
            rank = [] if each.standing is None else [f"rank {each.standing}"]
            for line in (*rank, *each.gates):
                self.progress.say(f"{each.report.image.reference}: {line}")

    def _show(self, report: Report, place: Path) -> None:
        for line in log_lines(report, place) if self.show_log else ():
            self.progress.say(line)
        if not self.as_json:
            (print_closed if self.ci.is_closed else print_evaluation)(report, place)


def _exit_code(checked: Sequence[CheckedReport], planned: int, missing: int) -> ExitCode:
    """Return the code that asks for the most to be done about it."""
    if len(checked) < planned:
        return ExitCode.ENGINE_FAULT
    if missing:
        return ExitCode.USAGE
    if not all(each.report.meets_policy for each in checked):
        return ExitCode.PREDICTOR_FAULT
    is_below = any(each.is_below_gate for each in checked)
    return ExitCode.BELOW_GATE if is_below else ExitCode.SCORED

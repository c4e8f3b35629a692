"""Carries out a plan: makes each evaluation, writes it, and passes it to the watchers."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from runner.errors import BugError, EngineError, RunnerError
from runner.evaluation.evaluation import evaluate
from runner.evaluation.evaluation_key import EvaluationKey
from runner.evaluation.executor import Executor
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.plan import Plan
from runner.files.bug_log import attempt, keep_bug
from runner.files.private_files import is_open_to_all, warn_if_open
from runner.interrupts import raise_if_interrupted
from runner.reports.report import Evaluation, Report
from runner.reports.report_directory import find_report, write_evaluation

OpenExecutor = Callable[[], AbstractContextManager[Executor]]


class Watcher(Protocol):
    """Is called as a batch proceeds, e.g. to print results."""

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        """Take each evaluation as soon as it is over."""

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        """Take all evaluations, in the plan's order, when the last is over."""


def run_plan(
    plan: Plan, open_executor: OpenExecutor, progress: CaseProgress, watchers: Sequence[Watcher]
) -> list[FinishedEvaluation]:
    """Make every evaluation of a plan, and return them in its order.

    Args:
        open_executor: opens what runs the cases; called only if a case has to be run.
    """
    finished: dict[Path, FinishedEvaluation] = {}
    with closing(Batch(plan, progress).run(open_executor)) as evaluations:
        for one in evaluations:
            finished[one.directory] = _show(one, watchers, progress)
    ordered = [finished[directory] for directory in plan.passes]
    for watcher in watchers:
        watcher.see_batch(ordered)
    return ordered


def _show(
    one: FinishedEvaluation, watchers: Sequence[Watcher], progress: CaseProgress
) -> FinishedEvaluation:
    """Pass an evaluation to the watchers; if one of them has a bug, that is the result."""
    shown = one
    for watcher in watchers:
        try:
            watcher.see_evaluation(one)
        except (RunnerError, OSError):  # e.g. nobody reads the output: true of all evaluations
            raise
        except Exception as error:  # noqa: BLE001  (a bug costs only the image that met it)
            raise_if_interrupted()
            bug = keep_bug(error)
            progress.say(f"{one.first.title}: can't be shown: {bug}")
            shown = replace(one, result=bug)
    return shown


@dataclass(frozen=True)
class Batch:
    """The evaluations of a plan, and the progress to which they report."""

    plan: Plan
    progress: CaseProgress

    def run(self, open_executor: OpenExecutor) -> Generator[FinishedEvaluation]:
        """Make all evaluations, and yield each as soon as it is over.

        An existing report with the same evaluation key is taken as it is. An evaluation that can't
        be made does not stop the others.
        """
        self._warn_of_open_results()
        current = self._find_current()
        for directory, report in current.items():
            yield FinishedEvaluation(self.plan.passes[directory], directory, report)
        left = {path: one for path, one in self.plan.passes.items() if path not in current}
        if left:
            with open_executor() as executor:
                yield from self._make(left, executor)

    def _warn_of_open_results(self) -> None:
        """Say which directories hold earlier results that every user of this machine can read."""
        stores = (one.finished.directory for one in self.plan.passes.values())
        found = {path.parent for path in (*stores, *self.plan.passes) if is_open_to_all(path)}
        for directory in sorted(found):
            warn_if_open(directory, self.progress.say)

    def _find_current(self) -> dict[Path, Report]:
        """Return the reports that exist and are still current."""
        current = {}
        for directory, one in self.plan.passes.items():
            found = None if one.settings.rerun else attempt(partial(self._find, one, directory))
            if isinstance(found, Report):
                current[directory] = found
            elif isinstance(found, RunnerError) and not isinstance(found, BugError):
                raise found  # e.g. the store does not answer: true of all reports
        if current:
            self.progress.say(
                f"{len(current)} of {len(self.plan.passes)} reports are up to date: nothing that "
                "they depend on has changed (--rerun runs the evaluations again)"
            )
        return current

    def _find(self, one: Pass, directory: Path) -> Report | None:
        key = self.plan.signing_key
        signer = None if key is None else key.public
        return find_report(directory, self._evaluation_key(one), signer)

    def _evaluation_key(self, one: Pass) -> str:
        return EvaluationKey.of(one, self.plan.submitters[one.image.reference]).digest

    def _make(self, left: Mapping[Path, Pass], executor: Executor) -> Iterator[FinishedEvaluation]:
        """Make and write evaluations, and yield each as soon as it is over."""
        directories = {id(one): directory for directory, one in left.items()}
        for one, ended in evaluate(list(left.values()), executor, self.progress):
            directory = directories[id(one)]
            result: Report | RunnerError
            if isinstance(ended, RunnerError):
                result = ended
            else:
                result = attempt(partial(self._write, one, ended, directory))
            if isinstance(result, RunnerError):
                again = " Run the same command again." if isinstance(result, EngineError) else ""
                self.progress.say(f"{one.title}: no report: {result}{again}")
            yield FinishedEvaluation(one, directory, result)

    def _write(self, one: Pass, ended: Evaluation, directory: Path) -> Report:
        """Write the report with its submitter and its evaluation key; return it."""
        said = {
            "submitter": self.plan.submitters[one.image.reference],
            "evaluation_key": self._evaluation_key(one),
        }
        report = ended.report.model_copy(update=said)
        evaluation = replace(ended, report=report)
        kept = write_evaluation(evaluation, directory, self.plan.signing_key)
        if kept is not None:
            self.progress.say(
                "the old report is of another evaluation, or was changed since it was written; "
                f"it is kept as {kept}"
            )
        return report

"""Carries out a plan: makes each evaluation, writes it, and passes it to the watchers."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from runner.errors import EngineError
from runner.evaluation.evaluation import FinishedEvaluation, evaluate
from runner.evaluation.evaluation_key import EvaluationKey
from runner.evaluation.executor import Executor
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.plan import Plan
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
            for watcher in watchers:
                watcher.see_evaluation(one)
            finished[one.directory] = one
    ordered = [finished[directory] for directory in plan.passes]
    for watcher in watchers:
        watcher.see_batch(ordered)
    return ordered


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
        current = self._find_current()
        for directory, report in current.items():
            yield FinishedEvaluation(self.plan.passes[directory], directory, report)
        left = {path: one for path, one in self.plan.passes.items() if path not in current}
        if left:
            with open_executor() as executor:
                yield from self._make(left, executor)

    def _find_current(self) -> dict[Path, Report]:
        """Return the reports that exist and are still current."""
        current = {}
        for directory, one in self.plan.passes.items():
            found = None
            if not one.settings.rerun:
                found = find_report(directory, self._evaluation_key(one))
            if found is not None:
                current[directory] = found
        if current:
            self.progress.say(
                f"{len(current)} of {len(self.plan.passes)} reports are up to date: nothing that "
                "they depend on has changed (--rerun runs the evaluations again)"
            )
        return current

    def _evaluation_key(self, one: Pass) -> str:
        return EvaluationKey.of(one, self.plan.submitters[one.image.reference]).digest

    def _make(self, left: Mapping[Path, Pass], executor: Executor) -> Iterator[FinishedEvaluation]:
        """Make and write evaluations, and yield each as soon as it is over."""
        directories = {id(one): directory for directory, one in left.items()}
        for one, ended in evaluate(list(left.values()), executor, self.progress):
            directory = directories[id(one)]
            if isinstance(ended, EngineError):
                self.progress.say(f"{one.title}: no report: {ended} Run the same command again.")
                yield FinishedEvaluation(one, directory, ended)
            else:
                yield FinishedEvaluation(one, directory, self._write(one, ended, directory))

    def _write(self, one: Pass, ended: Evaluation, directory: Path) -> Report:
        """Write the report with its submitter and its evaluation key; return it."""
        said = {
            "submitter": self.plan.submitters[one.image.reference],
            "evaluation_key": self._evaluation_key(one),
        }
        report = ended.report.model_copy(update=said)
        kept = write_evaluation(replace(ended, report=report), directory)
        if kept is not None:
            self.progress.say(
                "the old report is of another evaluation, or was changed since it was written; "
                f"it is kept as {kept}"
            )
        return report

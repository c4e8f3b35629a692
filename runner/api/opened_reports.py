"""Reports, as objects for notebooks and scripts."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from runner.api.checked import Place, checked
from runner.api.score_table import ScoreTable
from runner.api.tables import html_table
from runner.errors import UsageError
from runner.files.stores import open_store
from runner.reports.own_metrics import DECORATE, OwnMetric, OwnScore, measure
from runner.reports.records import report_records
from runner.reports.report import NO_IMAGE, CaseRecord, Report, why_unranked
from runner.reports.report import read_report as read_report_file


class OpenedReport:
    """The report of one evaluation: an image on a suite.

    Attributes:
        directory: where it is, with the predictions and logs beside it.
        report: all of its fields; docs/contract.md counts none as part of the stable interface.
    """

    def __init__(self, report: Report, directory: Path) -> None:
        self.report, self.directory = report, directory

    @property
    def image(self) -> str:
        """The image's reference, as it was evaluated."""
        return self.report.image.reference

    @property
    def submitter(self) -> str | None:
        """Who submitted the image; None if nobody was named."""
        return self.report.submitter

    @property
    def is_scored(self) -> bool:
        """Whether every case was scored; otherwise there are no scores."""
        return self.report.is_scored

    @property
    def why_unranked(self) -> str | None:
        """Why the evaluation can't be ranked; None if it can."""
        return why_unranked(self.report)

    @property
    def cases(self) -> tuple[CaseRecord, ...]:
        """How each case ended: ``id``, ``outcome``, ``message``, ``wall_seconds`` and more."""
        return self.report.cases

    @property
    def scores(self) -> ScoreTable:
        """The scores over the suite, by the metric's name; empty unless every case was scored."""
        return ScoreTable(self.report.scores)

    @property
    def records(self) -> pd.DataFrame:
        """One row per target: what it is, predicted and actual, the error, and the run's spec.

        ``case``, ``run_spec.name``, ``stat``, ``split``, ``perturbation`` and more are its key.
        ``predicted_mean``, ``actual_mean``, ``baseline`` (the train runs' mean), ``sample_mean``
        (that of the revealed instances) and ``error`` (predicted less actual) are in the stat's own
        unit. A target without a prediction has none. ``instances`` is what a target weighs within
        its run: 0 if it is a copy of another.
        """
        return report_records(self.report).to_pandas()

    def measure(self, metric: OwnMetric) -> OwnScore:
        """Return the value of a metric of your own; if its function fails, ``fault`` says why.

        Args:
            metric: a function below ``runner.metric``.

        Raises:
            UsageError: it is anything else.
        """
        if not isinstance(metric, OwnMetric):
            name = getattr(metric, "__name__", type(metric).__name__)
            raise UsageError(f"measure: {name} is no metric. {DECORATE}")
        return measure(self.report, metric)

    def __repr__(self) -> str:
        how = self.why_unranked or "scored"
        return f"<OpenedReport of {self.image} on {self.report.suite.name}: {how}>"

    def _repr_html_(self) -> str:
        title = f"{self.image} on {self.report.suite.name} {self.report.suite.version}"
        if not self.is_scored:
            rows: Iterable[tuple[object, ...]]
            rows = [(case.id, str(case.outcome), case.message) for case in self.cases]
            return html_table(f"{title}: not scored", ("case", "outcome", "message"), rows)
        rows = [(s.metric, s.value, s.low, s.high, s.targets) for s in self.scores.values()]
        return html_table(title, ("metric", "value", "low", "high", "targets"), rows)


class LocalScore(OpenedReport):
    """The scores of predictions that were made in this process. Nothing is stored on disk.

    It can't be ranked on a leaderboard: the predictor could see all that this process can.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(report, Path(NO_IMAGE))

    def __repr__(self) -> str:
        return f"<LocalScore of {self.image}: {self.scores!r}>"


@checked
def read_report(directory: Place) -> OpenedReport:
    """Return the report in a directory, or at a URL that fsspec knows.

    Raises:
        SuiteError: there is no report, or this version can't read it.
        UsageError: the store of its URL can't be reached.
    """
    place = open_store(directory)
    return OpenedReport(read_report_file(place), place)

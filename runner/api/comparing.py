"""Evaluations of one suite side by side."""

from collections.abc import Sequence

import pandas as pd

from runner.api.checked import Place, checked
from runner.api.opened_reports import LocalScore, OpenedReport, read_report
from runner.api.tables import html_table
from runner.errors import UsageError
from runner.leaderboard.paired import PairedEvaluations, Side, pair_evaluations
from runner.submissions.told import refuse_without_ledger

SHOWN = ("category", "group", "first", "second", "difference", "low", "high")


class Comparison:
    """Two or more evaluations, each pair of them compared on the same runs.

    Attributes:
        paired: the runner's own object; not part of the stable interface.
    """

    def __init__(self, paired: PairedEvaluations) -> None:
        self.paired = paired

    @property
    def frame(self) -> pd.DataFrame:
        """One row per pair over all targets, then one per group of them.

        ``category`` and ``group`` (None over all), ``first`` and ``second`` (which evaluations),
        ``first_value`` and ``second_value``, ``difference`` (first less second) with its 95 %
        interval ``low`` to ``high``, all in the metric's own unit; ``probability_first_better``.
        """
        return pd.DataFrame(self.paired.rows())

    @property
    def targets(self) -> pd.DataFrame:
        """One row per target: its key, ``actual_mean``, ``predicted.N`` and ``error.N``.

        N counts the evaluations from 0, in the order in which they were given.
        """
        return self.paired.targets.to_pandas()

    def to_html(self) -> str:
        """Return the page of the comparison as HTML, with every actual.

        Raises:
            UsageError: the extra ``html`` is not installed.
        """
        from runner.pages.compare_page import compare_page  # noqa: PLC0415  (needs an extra)

        return compare_page(self.paired, with_actuals=True)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.paired.names)} on {self.paired.suite}>"

    def _repr_html_(self) -> str:
        rows = [[row[name] for name in SHOWN] for row in self.paired.rows()]
        title = f"{self.paired.suite} {self.paired.version}: {self.paired.metric.title}"
        return html_table(title, SHOWN, rows)


@checked
def compare_reports(
    reports: Place | Sequence[Place | OpenedReport], *, metric: str | None = None
) -> Comparison:
    """Return how evaluations of one suite differ: over all, by scenario, model and stat.

    Args:
        reports: two or more: directories, URLs, or reports.
        metric: one that can rank, e.g. ``"rmse"``; by default the suite's primary metric.

    Raises:
        UsageError: they can't be compared: they are fewer than two, of several suites, or one was
            not scored; or the metric can't rank; or they are of a competition, whose ledger ranks.
        SuiteError: a report can't be read.
    """
    wanted = "Give a list of two or more reports of images, or their directories."
    if isinstance(reports, str) or not isinstance(reports, Sequence):
        raise UsageError(wanted)
    if any(isinstance(each, LocalScore) for each in reports):
        raise UsageError(wanted)
    opened = [each if isinstance(each, OpenedReport) else read_report(each) for each in reports]
    refuse_without_ledger([each.directory for each in opened])
    sides = [Side.of(each.directory, each.report) for each in opened]
    return Comparison(pair_evaluations(sides, metric))

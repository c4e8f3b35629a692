"""The page of a competition that is open: what has been told."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.pages.page import render_page
from runner.scores.metrics import Metric


@dataclass(frozen=True)
class ToldRow:
    """A line of the page."""

    rank: int
    submitter: str
    value: str


def told_page(
    title: str, digest: str, metric: Metric, rows: Sequence[ToldRow], version: str
) -> str:
    """Return the page's HTML.

    Args:
        title: the suite's name and version.
        version: the runner's.
    """
    context = {"suite": title, "digest": digest, "metric": metric, "rows": rows}
    return render_page("told.html.j2", {**context, "runner_version": version})

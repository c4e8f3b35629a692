"""Scores by the metric's name, as ``report.scores["mae"]``."""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from runner.api.tables import html_table
from runner.scores.score import Score

COLUMNS = ("metric", "value", "low", "high", "targets", "missing", "reason")


class ScoreTable(Mapping[str, Score]):
    """The scores over all targets, by the metric's name. docs/scores.md defines each metric.

    ``scores["mae"]`` has ``value``, the ends ``low`` and ``high`` of its interval, each in the
    metric's own unit (of MAE: the stat's), ``targets``, how many count, and ``reason``, why there
    is no value.
    """

    def __init__(self, scores: Iterable[Score]) -> None:
        self._scores = {score.metric: score for score in scores}

    def __getitem__(self, metric: str) -> Score:
        """Return a metric's score.

        Raises:
            KeyError: there is no such score. If a case was not scored, there are none at all.
        """
        return self._scores[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per metric: metric, value, low, high, targets, missing, reason."""
        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def _rows(self) -> list[tuple[object, ...]]:
        return [tuple(getattr(each, name) for name in COLUMNS) for each in self._scores.values()]

    def __repr__(self) -> str:
        return f"ScoreTable({', '.join(f'{s.metric}={s.value}' for s in self._scores.values())})"

    def _repr_html_(self) -> str:
        return html_table("scores", COLUMNS, self._rows())

"""How the evaluations of a batch ended, for its live view."""

from collections.abc import Sequence

from runner.errors import RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.leaderboard.published import outcome_word


class Results:
    """Keeps one short text for each evaluation that is over: its score, or why it has none."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], str] = {}

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        """Keep the text of an evaluation."""
        first = finished.first
        self._texts[first.image.reference, first.suite.name] = _result_text(finished)

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        """Do nothing: the view is gone soon."""

    def find(self, image: str, suite: str) -> str:
        """Return the text; empty while the evaluation is under way."""
        return self._texts.get((image, suite), "")


def _result_text(finished: FinishedEvaluation) -> str:
    report = finished.result
    if isinstance(report, RunnerError):
        return "no report"
    metric = report.scoring.primary_metric
    score = report.score(metric.name)
    if score is None or score.value is None:
        return outcome_word(report)
    return f"{metric.title} {score.value:.4f}"

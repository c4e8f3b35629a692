"""The summary of an evaluation in Markdown, for the page of a CI job."""

from collections import Counter
from collections.abc import Sequence

from runner.leaderboard.published import DECIMALS, CheckedReport, published_gate
from runner.reports.report import CaseRecord, Report
from runner.sandbox.outcome import Outcome
from runner.scores.metrics import METRICS
from runner.scores.score import LEVEL, Score
from runner.text_tables import markdown_table
from runner.untrusted import markdown_code

MOST_CASES = 100
"""The most cases with a line of their own, unscored ones first. GitHub takes 1 MiB at most."""


def summary(checked: CheckedReport, *, is_closed: bool) -> str:
    """Return the score with its interval, the rank, the gates, and how every case ended.

    Args:
        is_closed: whether it has only what ``published.py`` allows.
    """
    report = checked.report
    suite = f"{report.suite.name} {report.suite.version}"
    title = f"### {markdown_code(report.image.reference)} on {markdown_code(suite)}"
    digests = f"suite {markdown_code(report.suite.digest)}, image {markdown_code(report.image.id)}"
    if is_closed:
        parts = [[f"{title}: {checked.outcome}"], _published_lines(checked), [digests]]
    else:
        parts = [
            [f"{title}: {checked.status}"],
            _score_lines(report),
            _standing_lines(checked),
            _case_lines(report.cases),
            [digests],
        ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n\n"


def _published_lines(checked: CheckedReport) -> list[str]:
    title, value = checked.report.scoring.primary_metric.title, checked.published_score
    score = [] if value is None else [f"- {title} {value:.{DECIMALS}f}"]
    rank = [] if checked.standing is None else [f"- rank {checked.standing}"]
    return [*score, *rank, *(f"- {published_gate(result)}" for result in checked.gates)]


def _score_lines(report: Report) -> list[str]:
    """Return a table of all scores over the suite, the primary metric first."""
    if not report.scores:
        return []
    primary = report.scoring.primary
    scores = sorted(report.scores, key=lambda score: score.metric != primary)
    heads = ["score", "value", f"{LEVEL:.0%} interval", "targets", "runs", "note"]
    return markdown_table(heads, [_score_cells(score, primary) for score in scores])


def _score_cells(score: Score, primary: str) -> list[str]:
    title = METRICS[score.metric].title
    return [
        f"**{title}**" if score.metric == primary else title,
        "-" if score.value is None else f"{score.value:.4f}",
        "-" if score.low is None else f"{score.low:.4f} to {score.high:.4f}",
        str(score.targets),
        str(score.runs),
        score.reason or score.note or "",
    ]


def _standing_lines(checked: CheckedReport) -> list[str]:
    rank = [] if checked.standing is None else [f"- rank {checked.standing}"]
    return [*rank, *(f"- {result}" for result in checked.gates)]


def _case_lines(cases: Sequence[CaseRecord]) -> list[str]:
    ordered = sorted(cases, key=lambda case: case.outcome is Outcome.SCORED)
    rows = [
        [
            markdown_code(case.id),
            str(case.outcome),
            case.cause or "",
            f"{case.wall_seconds:.1f} s of {case.limits['wall_seconds']:g} s",
        ]
        for case in ordered[:MOST_CASES]
    ]
    lines = markdown_table(["case", "outcome", "cause", "time"], rows)
    others = Counter(str(case.outcome) for case in ordered[MOST_CASES:])
    more = ", ".join(f"{count} {outcome}" for outcome, count in sorted(others.items()))
    return [*lines, *(["", f"and {more}"] if more else [])]

"""Scores in words, for terminals."""

from typing import TYPE_CHECKING

from runner.scores.metrics import METRICS
from runner.scores.stability import meets
from runner.scores.units import describe_sum
from runner.text_tables import text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.reports.report import Report
    from runner.scores.score import Score
    from runner.scores.stability import Repetition

SHOWN = {
    "targets": ("mae", "rmse", "bias", "skill"),
    "binary instance targets": ("brier", "log_loss", "auroc"),
    "instance targets": ("instance_mae",),
}
"""The metrics that one line shows, for each kind of targets; ``runner report`` shows all."""

LEAST_CHANGE = 1e-9
"""Smaller changes of a score come from adding up in another order."""


def score_lines(report: "Report") -> list[str]:
    """Return a line of scores for each kind of targets that the report has."""
    lines = []
    for kind, metrics in SHOWN.items():
        scores = [score for name in metrics if (score := report.score(name)) is not None]
        if scores:
            words = "  ".join(
                f"{METRICS[score.metric].title} {score_text(score)}" for score in scores
            )
            title = f"{report.image.reference} on {report.suite.name}"
            lines.append(f"{title}, {scores[0].targets} {kind} of {population(scores[0])}: {words}")
    return lines


def budget_lines(report: "Report") -> list[str]:
    """Return the primary metric at each budget, in columns; none if there is one budget."""
    metric = report.scoring.primary_metric
    curve = report.budget_curve(metric.name)
    if not curve:
        return []
    heads = ["revealed instances", metric.title, "interval", "targets", "runs"]
    rows = [
        [
            str(score.group),
            "-" if score.value is None else f"{score.value:.4f}",
            "-" if score.low is None else f"{score.low:.4f} to {score.high:.4f}",
            str(score.targets),
            str(score.runs),
        ]
        for score in curve
    ]
    return text_table([heads, *rows])


def sum_text(report: "Report") -> str:
    """Return what the primary metric adds up: which stats, in which units, and their weights."""
    of_runs = report.scoring.primary_metric.is_of_runs
    stats = {
        target.name["name"]
        for case in report.cases
        for target in (case.targets if of_runs else case.instance_targets)
    }
    return describe_sum(sorted(stats), report.scoring)


def population(score: "Score") -> str:
    """Return what a score is over: e.g. ``24 runs, 6 scenarios, 1 model``."""
    counts = {"run": score.runs, "scenario": score.scenarios, "model": score.models}
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())


def score_text(score: "Score") -> str:
    """Return e.g. ``0.1234 (0.1000 to 0.1500)``, or ``-`` where there is no value."""
    if score.value is None:
        return "-"
    sign = "+" if score.metric == "bias" else ""
    value = f"{score.value:{sign}.4f}"
    return value if score.low is None else f"{value} ({score.low:.4f} to {score.high:.4f})"


def suite_table(scores: "Sequence[Score]") -> list[str]:
    """Return a line for each metric over the suite: value, interval, or why there is none."""
    heads = ["metric", "value", "interval", "targets", "missing", "runs", "note"]
    rows = [
        [
            METRICS[score.metric].title,
            "-" if score.value is None else f"{score.value:.4f}",
            "-" if score.low is None else f"{score.low:.4f} to {score.high:.4f}",
            str(score.targets),
            str(score.missing),
            str(score.runs),
            score.reason or score.note or "",
        ]
        for score in scores
    ]
    return ["", *text_table([heads, *rows])]


def group_table(scores: "Sequence[Score]") -> list[str]:
    """Return a line for each group of one category, its metrics side by side.

    A star marks a metric that can't be computed for the group; ``--json`` says why.
    """
    metrics = list(dict.fromkeys(score.metric for score in scores))
    groups: dict[str | None, dict[str, Score]] = {}
    for score in scores:
        groups.setdefault(score.group, {})[score.metric] = score
    heads = [f"by {scores[0].category}", *(METRICS[name].title for name in metrics), "targets"]
    rows = [
        [
            "(none)" if group is None else group,
            *(_group_cell(found.get(name)) for name in metrics),
            str(max(score.targets for score in found.values())),
        ]
        for group, found in groups.items()
    ]
    return text_table([heads, *rows])


def _group_cell(score: "Score | None") -> str:
    if score is None:
        return ""
    return "*" if score.value is None else f"{score.value:.4f}"


def repetition_lines(report: "Report") -> list[str]:
    """Return what further runs of the cases showed, and whether the suite asks for more."""
    lines = [_repetition_line(each) for each in report.repetitions]
    if report.sensitivity is not None:
        probe = report.sensitivity
        share = f"{probe.changed} of {probe.targets} predictions change"
        verdict = "" if probe.looks_at_input else ": they do not look at their input"
        lines.append(f"blanked: {share} with nothing revealed of the eval runs{verdict}")
    unmet = meets(report.scoring.determinism, report.repetitions)
    return [*lines, *([] if unmet is None else [unmet])]


def sharing_lines(report: "Report") -> list[str]:
    """Return which run the cases share, and what one case could then tell another."""
    if report.suite.shared_run is None:
        return []
    remains = (
        "so one case has actuals of another, and could tell them by the time that the files of the "
        "image take to read, if they don't all fit into the host's memory: see SECURITY.md"
    )
    return [f"the cases share runs: {report.suite.shared_run}", remains]


def _repetition_line(repetition: "Repetition") -> str:
    words = f"{repetition.name}: {repetition.stability.replace('_', ' ')}"
    if repetition.changed:
        words += f", {repetition.changed} of {repetition.targets} predictions changed"
        words += f", the most by {repetition.largest_difference:.4g}"
        words += f", e.g. {repetition.examples[0]}" if repetition.examples else ""
    if repetition.outcomes_changed:
        words += f", {repetition.outcomes_changed} cases ended differently"
    if repetition.score_change and abs(repetition.score_change) > LEAST_CHANGE:
        words += f"; the score changes by {repetition.score_change:+.4g}"
    return words

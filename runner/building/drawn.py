"""Builds the suite of a draw. Few commands have to: their modules import this one when they do."""

from pathlib import Path

from runner.building.build import build_suite, warnings
from runner.building.draw import UNSAVED, Draw
from runner.progress import Progress
from runner.suites.spec import SuiteSpec
from runner.suites.spec_file import make_spec
from runner.suites.suite import Suite

WARN_ONLY = ("twins", "derivable", "shared")
"""Findings that MAGNET's own division has: of HELM runs that are no suite, they only warn."""


def build_drawn(
    title: str,
    source: str | Path,
    draw: Draw,
    directory: Path,
    progress: Progress,
    *,
    has_warnings: bool = True,
) -> Suite:
    """Return the suite that a draw makes of HELM runs, built into a directory.

    Args:
        source: where the HELM runs are.
        has_warnings: whether to say what an organizer should know about the suite.

    Raises:
        SuiteError: the runs can't be divided like this.
    """
    built = build_suite(drawn_spec(title, source, draw), directory, progress, is_kept=False)
    for line in warnings(built) if has_warnings else ():
        progress.say(f"warning: {line}")
    return built.suite


def drawn_spec(title: str, source: str | Path, draw: Draw) -> SuiteSpec:
    """Return the spec of a suite that is drawn from HELM runs.

    Args:
        title: the suite's name.
        source: where its runs are, as ``helm_runs`` of a spec.
    """
    return make_spec(
        {
            "name": title,
            "version": UNSAVED,
            "helm_runs": [str(source)],
            "targets": list(draw.stat_names) or ["exact_match"],
            "division": {
                "method": "sampled",
                "train_runs": 3 if draw.train_runs is None else draw.train_runs,
            },
            "revealed": {"instances": 20 if draw.eval_samples is None else draw.eval_samples},
            "keep_together": [],
            "accept": list(WARN_ONLY),
            "seed": 1 if draw.seed is None else draw.seed,
        },
        "the options",
    )

"""Builds the suite of a draw. Few commands have to: their modules import this one when they do."""

from pathlib import Path

from runner.building.build import build_suite, warnings
from runner.building.draw import Draw, drawn_spec
from runner.progress import Progress
from runner.suites.suite import Suite


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

"""What takes long to load: Polars, Arrow and all that stands on them.

An evaluation that is up to date has no use for it. Else it is loaded while the engine works.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from runner.reports.report import Evaluation

if TYPE_CHECKING:  # as said above
    from runner.suites.staging import StagedInputs


def load_staging() -> "Callable[..., StagedInputs]":
    """Return ``stage_task``, which makes the files that a container sees."""
    from runner.evaluation.staged_task import stage_task  # noqa: PLC0415  (as said above)

    return stage_task


def load_making() -> Callable[..., Evaluation]:
    """Return ``compare_passes``, which makes the report."""
    from runner.evaluation.compared_passes import compare_passes  # noqa: PLC0415  (as said above)

    return compare_passes


def load_ahead() -> None:
    """Begin to load what makes the report, after what the first container waits for."""

    def load() -> None:
        with suppress(Exception):  # whoever needs it meets the error again, and tells it
            load_staging()
            load_making()

    # A daemon: an evaluation that is interrupted does not wait for it.
    Thread(target=load, name="load-ahead", daemon=True).start()

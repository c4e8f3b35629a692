"""The frames of several runs as one."""

from collections.abc import Sequence
from dataclasses import fields

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.documents import UNREADABLE
from runner.helm_outputs.frames import RunFrames


def concat_runs(runs: Sequence[RunFrames]) -> RunFrames:
    """Return the runs' frames one below the other, columns in order of first appearance.

    A column that only some runs have is null in the others. Where one run has a float and another
    an integer, the column is float; where types differ otherwise, it is text.

    Raises:
        SuiteError: a column is a list in one run and none in another.
    """
    try:
        return RunFrames(
            *(
                pl.concat([getattr(run, frame.name) for run in runs], how="diagonal_relaxed")
                for frame in fields(RunFrames)
            )
        )
    except UNREADABLE as error:
        names = ", ".join(run.run_specs[RUN_NAME][0] for run in runs)
        raise SuiteError(
            f"These runs can't stand in one frame ({error}): {names}. Leave out those of another "
            "version of HELM with a glob."
        ) from error

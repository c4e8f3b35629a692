"""What HELM's files must hold, and the errors of those that are others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.column_names import ENTRY_ID, STAT_NAME, STATE_INSTANCE_ID
from runner.helm_outputs.documents import UNREADABLE
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

NOT_HELMS = "not what HELM writes, so run HELM again or leave the run out with a glob"

NEEDED_COLUMNS: Mapping[str, tuple[str, tuple[type[pl.DataType], ...]]] = {
    RUN_SPEC: (RUN_NAME, (pl.String,)),
    SCENARIO_STATE: (STATE_INSTANCE_ID, (pl.String, pl.Int64)),
    STATS: (STAT_NAME, (pl.String,)),
    PER_INSTANCE_STATS: (ENTRY_ID, (pl.String, pl.Int64)),
}
"""For each file a column without which it is not HELM's, and the types that it may have."""


def as_list(value: Any) -> list[Any]:
    """Return the value, which must be a list."""
    if type(value) is not list:
        raise TypeError(f"expected a list, not {value!r:.40}")
    return value


def checked(
    frames: list[pl.DataFrame], runs: Sequence[RunDirectory], file_name: str
) -> list[pl.DataFrame]:
    """Return the frames, each of which has the column that HELM's file has."""
    for frame, run in zip(frames, runs, strict=True):
        check_columns(frame, run, file_name)
    return frames


def check_columns(frame: pl.DataFrame, run: RunDirectory, file_name: str) -> None:
    """Check that a frame has the column that HELM's file has.

    Raises:
        SuiteError: it has not; names the file.
    """
    needed, types = NEEDED_COLUMNS[file_name]
    try:
        dtype = frame.get_column(needed).dtype
    except pl.exceptions.ColumnNotFoundError:
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} (it has no {needed})") from None
    if dtype not in types:
        raise SuiteError(
            f"{run.path / file_name}: {NOT_HELMS} ({needed} is no text, or not in every place)"
        )


@contextmanager
def naming_file(run: RunDirectory, file_name: str) -> Iterator[None]:
    """Give an error of parsing or of Arrow the name of the file."""
    try:
        yield
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} ({reason})") from error

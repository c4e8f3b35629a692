"""scenario_state.json of several runs -> the frame of each run, as MAGNET 0.1.0 flattens it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.columns import flatten
from runner.helm_outputs.common_types import join
from runner.helm_outputs.files import NOT_HELMS, STATES, as_list, checked, naming_file
from runner.helm_outputs.json_pieces import Piece, parse_in_pieces
from runner.helm_outputs.json_text import parse
from runner.helm_outputs.runs import SCENARIO_STATE, RunDirectory, read_file
from runner.helm_outputs.tables import by_name, to_frames

DOCUMENT = "scenario_state."

LARGE_BYTES = 2**22
"""A file with more is read piece by piece: slower, but in little more than its own memory."""

STATES_AT_ONCE = 16
"""Of a file that is read piece by piece. By number, so that equal states make equal pieces."""

Choose = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Returns what of a request state counts, None if the state does not."""


def read_states(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the scenario_states frame of each run."""
    if len(runs) == 1 and (runs[0].path / SCENARIO_STATE).stat().st_size > LARGE_BYTES:
        return [read_chosen_states(runs[0], lambda state: state)]
    documents, states, heights = [], [], []
    for run in runs:
        with naming_file(run, SCENARIO_STATE):
            document = parse(read_file(run.path / SCENARIO_STATE))
            of_run = as_list(document.pop(STATES))
            documents.append(document)
        if not of_run:  # beside other runs it would have their columns
            raise _no_states(run)
        states += of_run
        heights.append(len(of_run))
    try:
        with naming_file(runs[0], SCENARIO_STATE):
            columns = flatten(states, f"{DOCUMENT}{STATES}.")
            # What is not in a column is freed before the columns become arrays.
            states.clear()
            once = flatten(documents, DOCUMENT)
            once[RUN_NAME] = [run.name for run in runs]
            frames = to_frames(columns, heights, once)
    except SuiteError:
        if len(runs) == 1:
            raise
        return [frame for run in runs for frame in read_states([run])]
    return checked(frames, runs, SCENARIO_STATE)


def _no_states(run: RunDirectory) -> SuiteError:
    return SuiteError(f"{run.path / SCENARIO_STATE}: {NOT_HELMS} (it has no {STATES})")


def read_chosen_states(run: RunDirectory, choose: Choose) -> pl.DataFrame:
    """Return the frame of some request states of a run, made piece by piece.

    Args:
        choose: of every request state; what it leaves out is as if the file had it not.
    """
    document: dict[str, Any] = {}
    with naming_file(run, SCENARIO_STATE):
        chosen = _choose(state_pieces(read_file(run.path / SCENARIO_STATE)), choose, document)
        frames = []
        while some := list(islice(chosen, STATES_AT_ONCE)):
            columns = flatten(some, f"{DOCUMENT}{STATES}.")
            frames += to_frames(columns, [len(some)])
        if not frames:
            raise _no_states(run)
        rows = join(frames)
        once = {**flatten([document], DOCUMENT), RUN_NAME: [run.name]}
        (beside,) = to_frames({}, [rows.height], once)
    together = beside.hstack(rows)
    names: list[str] = sorted(together.columns, key=by_name)
    return checked([together.select(names)], [run], SCENARIO_STATE)[0]


def state_pieces(content: bytes) -> Iterator[Piece]:
    """Yield the members of a scenario_state.json in order, and its request states one by one.

    Raises:
        ValueError, RecursionError, TypeError, AttributeError: it is no JSON, or no such document.
    """
    if len(content) > LARGE_BYTES:
        yield from parse_in_pieces(content, STATES)
        return
    for name, value in parse(content).items():
        if name == STATES:
            yield from (Piece(name, state) for state in as_list(value))
        else:
            yield Piece(name, value)


def _choose(
    pieces: Iterator[Piece], choose: Choose, document: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield what of the request states counts; all else is put into the document."""
    for name, value in pieces:
        if name != STATES:
            document[name] = value
        elif (chosen := choose(value)) is not None:
            yield chosen

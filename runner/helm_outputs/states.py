"""scenario_state.json of several runs -> the frame of each run, as MAGNET 0.1.0 flattens it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.column_names import STATES
from runner.helm_outputs.columns import flatten
from runner.helm_outputs.common_types import join
from runner.helm_outputs.documents import file_size, read_file
from runner.helm_outputs.file_checks import NOT_HELMS, as_list, checked, naming_file
from runner.helm_outputs.json_pieces import Piece, parse_in_pieces
from runner.helm_outputs.json_text import parse
from runner.helm_outputs.runs import SCENARIO_STATE, RunDirectory
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
    if len(runs) == 1 and file_size(runs[0].path / SCENARIO_STATE) > LARGE_BYTES:
        return [_read_in_pieces(runs[0], lambda state: state)]
    documents, states, heights = [], [], []
    for run in runs:
        with naming_file(run, SCENARIO_STATE):
            document = parse(read_file(f"{run.path}/{SCENARIO_STATE}"))
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


def read_chosen_states(
    runs: Sequence[RunDirectory], choices: Sequence[Choose]
) -> list[pl.DataFrame]:
    """Return the frame of some request states of each run.

    Args:
        choices: for each run what chooses; what it leaves out is as if the file had it not.
    """
    is_large = [file_size(run.path / SCENARIO_STATE) > LARGE_BYTES for run in runs]
    usual = [
        pair
        for pair, large in zip(zip(runs, choices, strict=True), is_large, strict=True)
        if not large
    ]
    together = iter(_read_together(usual) if usual else ())
    return [
        _read_in_pieces(run, choose) if large else next(together)
        for run, choose, large in zip(runs, choices, is_large, strict=True)
    ]


def _read_together(runs: Sequence[tuple[RunDirectory, Choose]]) -> list[pl.DataFrame]:
    """Return the same frames as ``_read_in_pieces``, in a call of Arrow for the pieces of all."""
    documents, states, heights, pieces = [], [], [], []
    for run, choose in runs:
        document: dict[str, Any] = {}
        with naming_file(run, SCENARIO_STATE):
            of_run = list(
                _choose(state_pieces(read_file(run.path / SCENARIO_STATE)), choose, document)
            )
        if not of_run:
            raise _no_states(run)
        states += of_run
        sizes = [
            min(STATES_AT_ONCE, len(of_run) - start)
            for start in range(0, len(of_run), STATES_AT_ONCE)
        ]
        heights += sizes
        pieces.append(len(sizes))
        documents += [(run, document)] * len(sizes)
    try:
        with naming_file(runs[0][0], SCENARIO_STATE):
            once = flatten([document for _, document in documents], DOCUMENT)
            once[RUN_NAME] = [run.name for run, _ in documents]
            frames = iter(to_frames(flatten(states, f"{DOCUMENT}{STATES}."), heights, once))
            joined = [_join(list(islice(frames, count))) for count in pieces]
    except SuiteError:
        if len(runs) == 1:
            raise
        return [frame for each in runs for frame in _read_together([each])]
    return checked(joined, [run for run, _ in runs], SCENARIO_STATE)


def _join(pieces: Sequence[pl.DataFrame]) -> pl.DataFrame:
    if len(pieces) == 1:
        return pieces[0]
    together = join(pieces)
    names: list[str] = sorted(together.columns, key=by_name)
    return together.select(names)


def _read_in_pieces(run: RunDirectory, choose: Choose) -> pl.DataFrame:
    """Return the frame of some request states of a run, made piece by piece."""
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

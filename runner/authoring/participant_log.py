"""A container's log -> the part of it that the participant of a closed suite may see.

The predictor writes the log and has read the inputs, so the log may quote them. Shown are:

- typed events: the last progress that the SDK reported, and the exception that ended a traceback
  with its place in the predictor's own file;
- other lines, unless they share something with a cell of the inputs: three words in a row, a whole
  cell of fewer words, or a number of four or more digits.

The other lines are only counted. This prevents quotes by accident. A predictor that encodes what it
read looks like one that prints numbers: if that is a danger, show events only. Then there is no
digit that a predictor could choose: neither its progress, nor a place, nor a count; only which of
Python's own exceptions ended it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.contract.layout import PROGRESS_PREFIX
from runner.errors import SuiteError
from runner.files.stores import read_file
from runner.helm_outputs.common_types import plain_cells
from runner.reports.hints import find_hints
from runner.reports.report import CaseRecord, Report
from runner.reports.tracebacks import EXCEPTIONS, Traceback, take_tracebacks
from runner.sandbox.outcome import Outcome
from runner.suites.open_half import Part
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite
from runner.untrusted import printable

MOST_LINES = 200
LONGEST_LINE = 400
"""Characters; a longer line is withheld."""

ANY_EXCEPTION = "an exception"
OWN_FILE = "/opt/predictor/predictor.py"
WORDS_IN_A_ROW = 3
LEAST_WORD = 3
"""Letters of a one-word cell; shorter words, such as an answer's letter, are in any text."""

LEAST_DIGITS = 4

_PUBLIC_COLUMNS = re.compile(r"stats\.name\.|stats\.count$|train_trial_index$")
"""Columns whose cells are keys, which every participant knows."""

_WORD = re.compile(r"\d+\.\d+(?:e-?\d+)?|\w+")
_PROGRESS = re.compile(re.escape(PROGRESS_PREFIX) + r"(\d{1,9})/(\d{1,9})")

Words = tuple[str, ...]


@dataclass(frozen=True)
class ParticipantLog:
    """What a participant may see.

    Attributes:
        events: typed, in the runner's words.
        lines: of the log, escaped.
        withheld: how many lines are not shown; None if that is not told either.
    """

    events: tuple[str, ...]
    lines: tuple[str, ...]
    withheld: int | None

    @property
    def hints(self) -> tuple[str, ...]:
        """Return what to do, drawn from what is shown alone: it tells nothing more."""
        return tuple(hint.do for hint in find_hints([*self.events, *self.lines]) if hint.do)


@dataclass(frozen=True)
class _Event:
    """An event in full, and its kind, without any digit; None if nothing is left then."""

    text: str
    kind: str | None


def participant_log(log: bytes, cells: Iterable[str], *, events_only: bool) -> ParticipantLog:
    """Return the part of a log that quotes no cell.

    Args:
        cells: every cell of the inputs as text; read once.
        events_only: withhold every line that is not an event.
    """
    all_lines = log.decode(errors="replace").splitlines()
    if events_only:
        kinds = [event.kind for event in _take_events(all_lines)[0]]
        return ParticipantLog(tuple(kind for kind in kinds if kind), (), None)
    found, rest = _take_events(all_lines)
    events = tuple(event.text for event in found)
    candidates = [line for line in rest if len(line) <= LONGEST_LINE]
    quoting = _quoting_lines(candidates, cells)
    shown = [line for number, line in enumerate(candidates) if number not in quoting]
    kept = tuple(map(printable, shown[-MOST_LINES:]))
    return ParticipantLog(events, kept, len(rest) - len(kept))


def participant_logs(
    directory: Path, report: Report, suite: PublicSuite, *, events_only: bool
) -> dict[str, dict[str, Any]]:
    """Return what the participant may see of each case's log, with its outcome and cause.

    Args:
        directory: the report's.

    Raises:
        SuiteError: the report is of another suite, or is not complete.
    """
    if suite.digest != report.suite.digest:
        raise SuiteError(
            f"{suite.root}: its digest is {suite.digest}, the report is of "
            f"{report.suite.digest}. Name the suite that was evaluated on."
        )
    shown = {}
    for case in suite.cases:
        record = _record_of(case.id, report, directory)
        parts = [part for paths in suite.inputs(case).parts.values() for part in paths]
        content = _read_log(directory / record.log_file)
        made = participant_log(content, input_cells(parts), events_only=events_only)
        cause = None if events_only else record.cause
        facts = {
            **asdict(made),
            "hints": made.hints if record.outcome is not Outcome.SCORED else (),
        }
        shown[case.id] = {"outcome": str(record.outcome), "cause": cause, **facts}
    return shown


def _record_of(case_id: str, report: Report, directory: Path) -> CaseRecord:
    found = [record for record in report.cases if record.id == case_id]
    if len(found) != 1:
        raise SuiteError(
            f"{directory}: has {len(found)} records of {case_id}, and its suite has one such case. "
            "The report was changed: run `runner evaluate` again."
        )
    return found[0]


def _read_log(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise SuiteError(
            f"{path}: the log can't be read ({error.strerror or error}). Without it, run `runner "
            "evaluate` again."
        ) from error


def input_cells(parts: Iterable[Part]) -> Iterator[str]:
    """Yield the cells of a case's frames as text; a cell may come more than once."""
    for part in parts:
        for series in read_part(part):
            if not _PUBLIC_COLUMNS.search(series.name):
                values = series if series.dtype.is_nested() else series.unique()
                yield from (text for value in plain_cells(values) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _take_events(lines: Sequence[str]) -> tuple[tuple[_Event, ...], list[str]]:
    """Return the events in the lines, and the lines that belong to no event."""
    progress: _Event | None = None
    tracebacks, others = take_tracebacks(lines)
    rest: list[str] = []
    for line in others:
        if match := _PROGRESS.fullmatch(line):
            progress = _Event(f"progress {int(match[1])}/{int(match[2])}", None)
        else:
            rest.append(line)
    exception = _exception_event(tracebacks[-1]) if tracebacks else None
    return tuple(event for event in (progress, exception) if event is not None), rest


def _exception_event(raised: Traceback) -> _Event:
    """Return the exception; without its line it can't be distinguished from one of stdout."""
    places = [line for path, line in raised.frames if path == OWN_FILE]
    kind = raised.kind if raised.kind in EXCEPTIONS else ANY_EXCEPTION
    return _Event(f"{kind}{f', predictor.py line {places[-1]}' if places else ''}", kind)


def _quoting_lines(lines: Sequence[str], cells: Iterable[str]) -> set[int]:
    """Return the positions of the lines that share words with a cell."""
    rows: dict[Words, set[int]] = {}
    for number, line in enumerate(lines):
        words = _words(line)
        for length in range(1, WORDS_IN_A_ROW + 1):
            for row in _rows(words, length):
                rows.setdefault(row, set()).add(number)
    found: set[int] = set()
    for cell in cells:
        words = _words(cell)
        length = min(len(words), WORDS_IN_A_ROW)
        for row in _rows(words, length) if _tells(words) else ():
            found |= rows.get(row, set())
        if len(found) == len(lines):
            break
    return found


def _words(text: str) -> Words:
    return tuple(_WORD.findall(text.casefold()))


def _rows(words: Words, length: int) -> Iterator[Words]:
    return zip(*(words[start:] for start in range(length)), strict=False)


def _tells(words: Words) -> bool:
    """Return whether a cell with these words could be recognized in a text."""
    if len(words) != 1:
        return bool(words)
    digits = sum(character.isdigit() for character in words[0])
    if digits:
        return len(words[0].replace(".", "").lstrip("0")) >= LEAST_DIGITS
    return len(words[0]) >= LEAST_WORD

"""Metrics of the organizer's own: functions of a report's records, named on the command line.

They are code that is imported, so no file that somebody else may have written names them: no suite
and no report.
"""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from numbers import Real
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal

from runner.errors import UsageError
from runner.files.bug_log import keep_traceback
from runner.reports.report import Report

MeasureRecords = Callable[[Any], float]
"""A frame of pandas, as ``OpenedReport.records`` has it -> the metric's value."""

BETTER = ("lower", "higher")

DECORATE = 'Write above the function: @runner.metric(name="...", unit="...", better="lower")'


@dataclass(frozen=True)
class OwnMetric:
    """A function of records, and what its value means.

    Attributes:
        unit: of the value, e.g. ``share of targets``.
        better: which side is.
    """

    name: str
    unit: str
    better: Literal["lower", "higher"]
    measure: MeasureRecords


@dataclass(frozen=True)
class OwnScore:
    """The value of an organizer's metric over a report.

    Attributes:
        value: None if there is none, and ``fault`` says why.
    """

    metric: str
    unit: str
    better: str
    value: float | None
    fault: str | None

    def __str__(self) -> str:
        """Return e.g. ``bold 0.2500 share of targets (lower is better)``."""
        value = f"- ({self.fault})" if self.value is None else f"{self.value:.4f} {self.unit}"
        return f"{self.metric} {value} ({self.better} is better)"


def metric(
    *, name: str, unit: str, better: Literal["lower", "higher"]
) -> Callable[[MeasureRecords], OwnMetric]:
    """Make a metric of the function below, for ``--metrics`` and ``OpenedReport.measure``.

    The function is given the records of a report, as ``OpenedReport.records`` has them, and returns
    a number.

    Args:
        name: what the metric is called in tables.
        unit: of its value, e.g. ``share of targets``.
        better: ``lower`` or ``higher``.

    Raises:
        UsageError: the name or the unit is empty or longer than a line, or ``better`` is neither.
    """
    for what, text in (("name", name), ("unit", unit)):
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise UsageError(f"a metric's {what} is {text!r}; it is one line of text.")
    if better not in BETTER:
        raise UsageError(f"the metric {name!r} has better={better!r}; it is lower or higher.")
    return lambda measure: OwnMetric(name, unit, better, measure)


def read_own_metrics(texts: tuple[str, ...]) -> list[OwnMetric]:
    """Return the metrics of e.g. ``mine:bold``: a module of Python, and a name in it.

    Modules of the current directory are found too.

    Raises:
        UsageError: one can't be imported, or is no metric; says why and what to do.
    """
    return [_read_own_metric(text) for text in texts]


def _read_own_metric(text: str) -> OwnMetric:
    module_name, colon, name = text.partition(":")
    if not (colon and module_name and name.isidentifier()):
        raise UsageError(f"--metrics {text!r} is not MODULE:FUNCTION, e.g. mine:bold for mine.py.")
    with _current_directory_first():
        try:
            module = import_module(module_name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise UsageError(
                f"--metrics {text}: the module {module_name} can't be imported "
                f"({_where(error)}: {error}). It is looked for in the current directory and among "
                f"Python's packages: python -c 'import {module_name}' must work here."
            ) from error
    found = getattr(module, name, None)
    if isinstance(found, OwnMetric):
        return found
    what = "is no metric" if hasattr(module, name) else "is not in it"
    raise UsageError(f"--metrics {text}: {name} {what} ({module.__file__}). {DECORATE}")


@contextmanager
def _current_directory_first() -> Iterator[None]:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def measure(report: Report, own: OwnMetric) -> OwnScore:
    """Return the metric's value over a report; a fault of the function costs its value alone.

    What the function prints goes to standard error. It gets records of its own, so that it can
    change nothing that others see.
    """

    def score(value: float | None, fault: str | None) -> OwnScore:
        return OwnScore(own.name, own.unit, own.better, value, fault)

    if not report.is_scored:
        return score(None, "not every case was scored")
    from runner.reports.records import report_records  # noqa: PLC0415  (Polars is slow to load)

    records = report_records(report).to_pandas()
    try:
        with redirect_stdout(sys.stderr):
            value: Any = own.measure(records)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  (whatever the function raises)
        path = keep_traceback(error)
        return score(None, f"it raised {_where(error)}: see {path}. {REPAIR}")
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return score(None, f"it returned {type(value).__name__}, not a number. {REPAIR}")
    try:
        number = float(value)
    except Exception as error:  # noqa: BLE001  (a number may be of a class of the function's own)
        wrong = f"{type(value).__name__} that no float can hold ({error})"
        return score(None, f"it returned {wrong}. {REPAIR}")
    if not math.isfinite(number):
        return score(None, f"it returned {number}. {REPAIR}")
    return score(number, None)


REPAIR = "Correct it, then: runner report DIR --metrics MODULE:FUNCTION"


def _where(error: BaseException) -> str:
    """Return e.g. ``KeyError in mine.py:7``; without a place if no line of others was reached."""
    lines = [
        f" in {Path(line.filename).name}:{line.lineno}"
        for line in extract_tb(error.__traceback__)
        if line.filename != __file__ and "importlib" not in line.filename
    ]
    return "".join([type(error).__name__, *lines[-1:]])

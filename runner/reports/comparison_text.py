"""Predicted and actual, target by target, in a terminal's width."""

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from runner.contract.stat import MetricName
from runner.reports.report import TargetRecord
from runner.untrusted import printable

HEADS = "predicted   actual    error  target"
NAME_COLUMN = HEADS.index("target")
LARGE = 1000
"""From here on four digits are enough."""
LEAST_NAME_WIDTH = 30
"""A narrower terminal breaks the lines by itself."""


def comparison_lines(targets: Iterable[TargetRecord], width: int) -> Iterator[str]:
    """Yield a run's name, then a line per target of it: means, their difference, the stat.

    Args:
        width: of the terminal, in characters; a longer name goes on below itself.
    """
    for run, of_run in groupby(targets, key=lambda target: target.run_spec_name):
        yield from _wrap("", printable(run), "    ", width)
        yield HEADS
        for target in of_run:
            yield from _wrap(_values(target), printable(_name(target)), " " * NAME_COLUMN, width)


def _values(target: TargetRecord) -> str:
    predicted = None if target.predicted is None else target.predicted["mean"]
    actual = target.actual["mean"]
    error = None if predicted is None else predicted - actual
    return f"{_number(predicted):>9} {_number(actual):>8} {_number(error, '+'):>8}  "


def _number(value: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    return f"{value:{sign}.4f}" if abs(value) < LARGE else f"{value:{sign}.4g}"


def _name(target: TargetRecord) -> str:
    name = str(MetricName.from_json(target.actual["name"]))
    return name if target.instance_id is None else f"{target.instance_id} {name}"


def _wrap(first: str, text: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(rest) + LEAST_NAME_WIDTH),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )

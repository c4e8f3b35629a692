"""A table of the organizer that puts models in order: read into the spec that names it."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from runner.errors import SuiteError
from runner.files.regular_files import open_regular
from runner.files.wrong_fields import validate
from runner.suites.division_spec import Extrapolate, Order, OrderValue, order_value
from runner.suites.spec import SuiteSpec


def read_order(spec: SuiteSpec) -> SuiteSpec:
    """Return the spec with the values of its division's table in place of the table's path.

    A suite's digest then follows from the values. A spec without a table stays as it is.

    Raises:
        SuiteError: the table can't be read, lacks a column, or a value has no order.
    """
    division = spec.division
    if not isinstance(division, Extrapolate) or division.order.table is None:
        return spec
    column = division.order.column
    values = dict(_rows(Path(division.order.table), division.by, column))
    order = validate(
        TypeAdapter(Order),
        {"column": column, "values": values},
        f"division.order.table: {division.order.table}",
        SuiteError,
        "an order",
    )
    ordered = division.model_copy(update={"order": order})
    return spec.model_copy(update={"division": ordered})


def _rows(path: Path, by: str, column: str) -> Iterator[tuple[str, OrderValue]]:
    try:
        with io.TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            names = [name for name in table.fieldnames or () if name]
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise SuiteError(
                    f"division.order.table: {path}, line {table.line_num}: the column {twice[0]!r} "
                    "stands twice. Leave one of the two out."
                )
            for needed in (by, column):
                if needed not in (table.fieldnames or ()):
                    has = ", ".join(table.fieldnames or ()) or "no columns"
                    raise SuiteError(
                        f"division.order.table: {path} has no column {needed!r}. It has: {has}"
                    )
            yield from _values(path, table, by, column)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SuiteError(f"division.order.table: {path} can't be read as CSV ({error})") from error


def _values(
    path: Path, table: "csv.DictReader[str]", by: str, column: str
) -> Iterator[tuple[str, OrderValue]]:
    seen: Mapping[str, OrderValue] = {}
    for row in table:
        name, text = row[by], row[column]
        try:
            value = order_value(text)
        except ValueError as error:
            place = f"{path}, line {table.line_num}"
            raise SuiteError(f"division.order.table: {place}: {column} {error}") from error
        if seen.get(name, value) != value:
            raise SuiteError(
                f"division.order.table: {path}, line {table.line_num}: {name} stands there again, "
                f"with another {column}. Leave one of the two out."
            )
        seen = {**seen, name: value}
        yield name, value

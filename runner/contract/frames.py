"""Parquet files of the contract -> the pandas frames that MAGNET's flattening makes."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

JSON_TYPE = "arrow.json"
"""Arrow's name of Parquet's type JSON: a text that stands for a value of any kind."""


def read_frame(file: Path | BinaryIO) -> pd.DataFrame:
    """Return the frame in a Parquet file as MAGNET would have made it from HELM's JSON.

    Lists stay Python lists (of dicts, where HELM has objects), a key that the JSON did not have
    is absent from its dict, a JSON text is the value that it stands for, and a missing value is
    NaN.
    """
    table = pq.read_table(file)
    columns = dict(zip(table.column_names, map(_to_series, table.columns), strict=True))
    return pd.DataFrame(columns, columns=table.column_names)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file; cells are as in ``read_frame``, missing ones None."""
    table = pq.read_table(path)
    cells = [read_cells(column) for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*cells, strict=True)]


def read_cells(column: pa.ChunkedArray) -> list[Any]:
    """Return the cells of a column as HELM's JSON had them, None where there is none."""
    cells: list[Any] = column.to_pylist()
    if pa.types.is_nested(column.type) or _is_json(column.type):
        return [_as_json_had_it(cell, column.type) for cell in cells]
    return cells


def _to_series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_nested(column.type) or _is_json(column.type):
        values = np.empty(len(column), dtype=object)
        values[:] = [np.nan if cell is None else cell for cell in read_cells(column)]
        return pd.Series(values, dtype=object)
    series: pd.Series = column.to_pandas()
    # A bool column with gaps comes back as objects with None; MAGNET has NaN there.
    return series.where(series.notna(), np.nan) if series.dtype == object else series


def _is_json(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == JSON_TYPE


def _as_json_had_it(cell: Any, kind: pa.DataType) -> Any:
    """Return the cell without the nulls that Parquet has for keys that the object lacked."""
    if cell is None:
        return None
    if _is_json(kind):
        return json.loads(cell)
    if pa.types.is_struct(kind):
        return {
            field.name: _as_json_had_it(cell[field.name], field.type)
            for field in kind
            if cell[field.name] is not None
        }
    if pa.types.is_nested(kind):
        return [_as_json_had_it(item, kind.value_type) for item in cell]
    return cell

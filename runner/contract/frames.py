"""Parquet files of the contract -> the pandas frames that MAGNET's flattening gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_frame(path: Path) -> pd.DataFrame:
    """Return the frame in a Parquet file as MAGNET would have made it from HELM's JSON.

    Lists stay Python lists (of dicts, where HELM has objects), a key that the JSON did not have
    is absent from its dict, and a missing value is NaN.
    """
    table = pq.read_table(path)
    columns = dict(zip(table.column_names, map(_to_series, table.columns), strict=True))
    return pd.DataFrame(columns, columns=table.column_names)


def _to_series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_nested(column.type):
        values = np.empty(len(column), dtype=object)
        values[:] = [np.nan if cell is None else without_nulls(cell) for cell in column.to_pylist()]
        return pd.Series(values, dtype=object)
    series: pd.Series = column.to_pandas()
    # A bool column with gaps comes back as objects with None; MAGNET has NaN there.
    return series.where(series.notna(), np.nan) if series.dtype == object else series


def without_nulls(cell: Any) -> Any:
    """Return the cell without the nulls that stand in Parquet for a key the object didn't have."""
    if isinstance(cell, dict):
        return {key: without_nulls(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, list):
        return [without_nulls(value) for value in cell]
    return cell

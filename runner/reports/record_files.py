"""The files of a report's records, for users' own analysis."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only looks for a report need not wait for Polars
    import polars as pl

RECORDS_JSONL = "records.jsonl"
RECORDS_PARQUET = "records.parquet"


def record_files(records: "pl.DataFrame") -> dict[str, bytes]:
    """Return the records as JSON lines and as Parquet, by file name."""
    lines, parquet = io.BytesIO(), io.BytesIO()
    records.write_ndjson(lines)
    records.write_parquet(parquet)
    return {RECORDS_JSONL: lines.getvalue(), RECORDS_PARQUET: parquet.getvalue()}

"""Parquet in and out, a batch at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leads.table_format import TableError, column_names, no_rows

NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
"""With gaps, whole numbers would else be whole in one batch and fractions in the next."""


def parquet_chunks(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path} is a damaged Parquet file ({first_line(error)}); write it again.") from None
    with file:
        column_names(file.schema_arrow.names, path)
        if not file.metadata.num_rows:
            raise no_rows(path)
        start = 0
        for batch in batches(file, path, rows):
            frame = parquet_frame(batch)
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame


def parquet_names(path: Path) -> list[str]:
    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path} is a damaged Parquet file ({first_line(error)}); write it again.") from None


def batches(file: pq.ParquetFile, path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    try:
        yield from (batch for batch in file.iter_batches(batch_size=rows) if batch.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path} is a damaged Parquet file ({first_line(error)}); write it again.") from None


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def parquet_frame(batch: pa.RecordBatch) -> pd.DataFrame:
    table = pa.table({name: plain_column(batch.column(name)) for name in batch.schema.names})
    frame: pd.DataFrame = table.to_pandas(types_mapper=NULLABLE.get, ignore_metadata=True)
    return frame


def plain_column(column: pa.Array) -> pa.Array:
    """Batches may come with dictionaries of their own."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def table_of(frame: pd.DataFrame, schema: pa.Schema | None) -> pa.Table:
    """The first batch decides the types of a file, `schema` holds later ones to them."""
    table = pa.table({name: arrow_column(frame[name]) for name in frame.columns})
    kept = schema or pa.schema(
        [part.with_type(pa.string()) if part.type == pa.null() else part for part in table.schema]
    )
    return table.cast(kept)


def arrow_column(column: pd.Series) -> pa.Array | pa.ChunkedArray:
    """A spreadsheet's column of numbers and words can only be kept as text."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):  # pyarrow converts these by a way that pandas gives up
        moments = column.dt.tz_convert(None).to_numpy()
        return pa.array(moments, pa.timestamp(column.dtype.unit, str(column.dtype.tz)), from_pandas=True)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return arrow_column(column.astype(object))
    if column.dtype == np.dtype(object) and pd.api.types.infer_dtype(column, skipna=True).startswith("mixed"):
        column = column.map(str, na_action="ignore")
    return pa.array(column, from_pandas=True)

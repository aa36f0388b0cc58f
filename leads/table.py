"""Tables of leads: the only reader and writer of CSV, Parquet and Excel files."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from leads.csv_table import csv_chunks
from leads.reading import Reading, read_values
from leads.table_format import SUFFIXES, TableError, table_format

__all__ = ["Reading", "TableError", "read_table", "read_values", "table_chunks", "write_chunks"]

CHUNK = 50_000


def read_table(path: Path) -> pd.DataFrame:
    """Raw cells under the names of the file: text or None from CSV, typed from Parquet and Excel."""
    return pd.concat(table_chunks(path))


def table_chunks(path: Path, rows: int = CHUNK) -> Iterator[pd.DataFrame]:
    """At most `rows` rows at a time and in order, the index counting on; an Excel file is held whole."""
    found = table_format(path)
    if found == "csv":
        return csv_chunks(path, rows)
    if found == "parquet":
        from leads.parquet_table import parquet_chunks

        return parquet_chunks(path, rows)
    return excel_chunks(path, rows)


def excel_chunks(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    from leads.excel_table import excel_frame

    frame = excel_frame(path)
    yield from (frame.iloc[start : start + rows] for start in range(0, len(frame), rows))


def write_chunks(path: Path, chunks: Iterable[pd.DataFrame]) -> int:
    """The number of rows written. The file appears whole under its name or not at all."""
    found = SUFFIXES.get(path.suffix.lower())
    if found not in ("csv", "parquet"):
        raise TableError(f"{path} must end in .csv or .parquet; the suffix decides how it is written.")
    write = write_parquet if found == "parquet" else write_csv
    with appearing(path) as draft:
        return write(draft, iter(chunks), path)


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A draft beside the target, renamed to it at the end; removed where anything goes wrong."""
    if path.is_dir():
        raise TableError(f"{path} is a folder; name a file in it.")
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        draft.touch(exist_ok=False)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror}; choose another place.") from None
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_csv(draft: Path, chunks: Iterator[pd.DataFrame], path: Path) -> int:
    separator = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
    rows = 0
    with draft.open("w", encoding="utf-8", newline="") as file:
        for number, chunk in enumerate(chunks):
            chunk.to_csv(file, sep=separator, index=False, header=number == 0, lineterminator="\n")
            rows += len(chunk)
    return rows


def write_parquet(draft: Path, chunks: Iterator[pd.DataFrame], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from leads.parquet_table import table_of

    first = next(chunks, pd.DataFrame())
    table, rows = table_of(first, None), len(first)
    with pq.ParquetWriter(draft, table.schema) as writer:
        writer.write_table(table)
        for chunk in chunks:
            try:
                writer.write_table(table_of(chunk, table.schema))
            except pa.ArrowException as error:
                what = f"{path} cannot hold the rows from {rows + 1} on in the types of those before ({error})"
                raise TableError(f"{what}; write .csv instead.") from None
            rows += len(chunk)
    return rows

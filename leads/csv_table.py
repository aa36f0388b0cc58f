"""CSV as people have it: any usual separator and encoding, read in chunks, and never with a row guessed right."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from leads.csv_separator import SAMPLE, SEPARATOR_NAMES, csv_separator, said_separator
from leads.table_format import TableError, column_names, no_rows, utf16

CELL_LIMIT = 10_000_000
LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "euc_kr", "big5"]
"""Encodings worth trying when a file is not Unicode; Western first, since short texts fit nearly all of them."""


class CsvReader(Protocol):
    """What the csv module's reader can do; it does not export the type."""

    line_num: int

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True)
class Layout:
    encoding: str
    separator: str
    skip: int
    """Lines before the header: 1 where Excel's own `sep=;` stands there."""


def csv_chunks(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Cells are str or None; an empty cell is None."""
    layout = csv_layout(path)
    csv.field_size_limit(CELL_LIMIT)
    with path.open(encoding=layout.encoding, newline="") as file:
        for _ in range(layout.skip):
            file.readline()
        reader = csv.reader(file, delimiter=layout.separator, strict=True)
        yield from frames(checked_rows(reader, path, layout), path, rows)


def frames(records: Iterator[list[str]], path: Path, rows: int) -> Iterator[pd.DataFrame]:
    names = column_names(next(records, [""]), path)
    start = 0
    while block := list(islice(records, rows)):
        yield frame(block, names, start)
        start += len(block)
    if not start:
        raise no_rows(path)


def frame(block: list[list[str]], names: list[str], start: int) -> pd.DataFrame:
    index = pd.RangeIndex(start, start + len(block))
    columns = {
        name: pd.Series(cells(column), index=index, dtype=object)
        for name, column in zip(names, zip(*block, strict=True), strict=True)
    }
    return pd.DataFrame(columns, index=index)


def cells(column: tuple[str, ...]) -> npt.NDArray[np.object_]:
    """Equal cells share one string, which keeps a large table small."""
    codes, distinct = pd.factorize(np.array(column, dtype=object))
    distinct[distinct == ""] = None
    return np.asarray(distinct[codes], dtype=object)


def checked_rows(reader: CsvReader, path: Path, layout: Layout) -> Iterator[list[str]]:
    """Every row has as many cells as the header; wholly empty lines are no rows."""
    width, line = 0, layout.skip
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise broken(path, line + 1, error) from None
        except UnicodeDecodeError as error:
            raise TableError(f"{path}, after line {line}: not {error.encoding}; save the file as UTF-8.") from None
        first, line = line + 1, layout.skip + reader.line_num
        if not row:
            continue
        width = width or len(row)
        if len(row) != width:
            raise ragged(path, first, len(row), width, layout)
        yield row


def broken(path: Path, line: int, error: csv.Error) -> TableError:
    if "unexpected end" in str(error):
        return TableError(f"{path}, line {line}: a quotation mark is opened and never closed; close it or double it.")
    if "field larger" in str(error):
        return TableError(f"{path}, line {line}: a cell is too long; is a quotation mark opened and never closed?")
    if "expected after" in str(error):
        return TableError(
            f'{path}, line {line}: a quotation mark stands inside a quoted cell; write it twice ("") or remove it.'
        )
    return TableError(f"{path}, line {line}: this line cannot be read as CSV ({error}); export the table again.")


def ragged(path: Path, line: int, cells: int, width: int, layout: Layout) -> TableError:
    return TableError(
        f"{path}, line {line}: {cells} cells where the header has {width} (separated by"
        f" {SEPARATOR_NAMES[layout.separator]}); put quotation marks around cells that hold the separator,"
        " or complete the line."
    )


def csv_layout(path: Path) -> Layout:
    encoding = csv_encoding(path)
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        first = file.readline()
        if said := said_separator(first):
            return Layout(encoding, said, 1)
        sample = first + file.read(SAMPLE)
    return Layout(encoding, csv_separator(sample), 0)


def csv_encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if wide := utf16(head):
        return wide
    return "utf-8-sig" if decodes(path, "utf-8") else legacy_encoding(path)


def legacy_encoding(path: Path) -> str:
    from charset_normalizer import from_bytes

    with path.open("rb") as file:
        foreign = b"".join(islice((line for line in file if not line.isascii()), 2_000))
    best = from_bytes(foreign[:SAMPLE], cp_isolation=LEGACY).best()
    encoding = best.encoding if best is not None else "cp1252"
    return encoding if decodes(path, encoding) else "latin-1"


def decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for block in chain(iter(lambda: file.read(1 << 20), b""), (b"",)):
                decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            return False
    return True

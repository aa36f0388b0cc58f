"""Excel workbooks: the first sheet that holds anything, its first row as the header."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from leads.table_format import TableError, column_names, no_rows

BROKEN = ("", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!")
"""What Excel shows where a formula failed."""
MOST_TEXT = 256 * 1024 * 1024
"""Bytes of a workbook's own list of texts, which is held in memory; a small file can unpack to any size."""
LONGEST_ROW = 32 * 1024 * 1024
"""Bytes of a row in a sheet."""
SHEETS, CHUNK = "xl/worksheets/", 1 << 20


def excel_frame(path: Path) -> pd.DataFrame:
    """Each column has the type of its cells, object where they differ."""
    rows = excel_rows(path)
    if not rows:
        raise TableError(f"{path} has no sheet with data; put the table on the first sheet.")
    width = max(len(row) for row in rows)
    names = column_names([*rows[0], *[None] * (width - len(rows[0]))], path)
    if len(rows) == 1:
        raise no_rows(path)
    body = [[*row, *[None] * (width - len(row))] for row in rows[1:]]
    columns = zip(names, zip(*body, strict=True), strict=True)
    return pd.DataFrame({name: pd.Series(column, dtype=object).infer_objects() for name, column in columns})


def excel_rows(path: Path) -> list[list[Any]]:
    """Without the empty rows and columns that a sheet drags behind its data."""
    import openpyxl  # slow, and few tables need it

    with workbook_or_refused(path):
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheets = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
        rows = next((rows for rows in map(trimmed, sheets) if rows), [])
        book.close()
    return rows


def excel_stream(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    """Row by row with their numbers, the header first; empty rows are none, and no row is held."""
    import openpyxl  # slow, and few tables need it

    with workbook_or_refused(path):
        refuse_bomb(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            found = False
            for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                if cells := cut(row):
                    found = True
                    yield line, cells
            if found:
                break
        book.close()


@contextmanager
def workbook_or_refused(path: Path) -> Iterator[None]:
    """TableError for whatever is found in a file that is no workbook."""
    import openpyxl

    broken = (zipfile.BadZipFile, KeyError, ValueError, OSError, openpyxl.utils.exceptions.InvalidFileException)
    try:
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of every style it does not know
            yield
    except broken:
        raise TableError(f"{path} is not an Excel workbook or is damaged; save it again as .xlsx or as CSV.") from None


def refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        sheets = [part for part in parts.infolist() if part.filename.startswith(SHEETS)]
        texts = sum(part.file_size for part in parts.infolist() if not part.filename.startswith(SHEETS))
        if texts > MOST_TEXT or any(endless(parts, sheet) for sheet in sheets):
            raise TableError(f"{path} unpacks to more than is read of a workbook; save it as CSV.")


def endless(parts: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    """Whether a row of the sheet is longer than any that Excel writes; rows are held one by one."""
    if sheet.file_size <= LONGEST_ROW:
        return False
    since = 0
    with parts.open(sheet) as file:
        while piece := file.read(CHUNK):
            ended = piece.rfind(b"row>")
            since = since + len(piece) if ended < 0 else len(piece) - ended
            if since > LONGEST_ROW:
                return True
    return False


def cut(row: Sequence[Any]) -> list[Any]:
    """Without the empty cells behind the last filled one."""
    cells = [None if value in BROKEN else value for value in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def trimmed(sheet: list[tuple[Any, ...]]) -> list[list[Any]]:
    held = [[None if value in BROKEN else value for value in row] for row in sheet]
    filled = [number for number, row in enumerate(held) if any(value is not None for value in row)]
    if not filled:
        return []
    width = max(position + 1 for row in held for position, value in enumerate(row) if value is not None)
    return [row[:width] for row in held[filled[0] : filled[-1] + 1]]

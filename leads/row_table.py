"""A table read row by row, for imports: nothing is guessed, and each row is told where it stands in its file."""

import csv
import datetime
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from leads.csv_rows import CsvRow, Flaw, csv_rows, flaws_of_cells, ragged
from leads.csv_separator import SAMPLE, SEPARATOR_NAMES, csv_separator, said_separator
from leads.table_format import Format, TableError, content_format, first_bytes, table_format, utf16

BATCH = 2_000
BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """`number` counts the rows under the header from 1; `line` is the one of the file, or of its sheet. `cells` has no
    key for an empty cell. `raw` is how the row stands in a reject file."""

    number: int
    line: int
    cells: Mapping[str, object]
    raw: str
    flaws: Sequence[Flaw] = ()


class RowTable(NamedTuple):
    """`header` is the first line as a reject file repeats it; `notes` is what was seen and accepted."""

    path: Path
    format: Format
    columns: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    header: str
    notes: tuple[str, ...]
    separator: str = ","
    skip: int = 0

    def rows(self) -> Iterator[Row]:
        """Read anew at each call."""
        if self.format == "csv":
            return self._csv()
        typed = _parquet(self.path) if self.format == "parquet" else _excel(self.path)
        return (self._typed(number, line, cells) for number, (line, cells) in enumerate(typed, 1))

    def _csv(self) -> Iterator[Row]:
        with _opened(self.path) as file:
            for _ in range(self.skip):
                file.readline()
            found = csv_rows(file, self.separator, self.skip)
            next(found, None)
            yield from (self._row(number, row) for number, row in enumerate(found, 1))

    def _row(self, number: int, row: CsvRow) -> Row:
        if row.flaw is not None:
            place = int(row.flaw.column or 0)
            named = self.columns[place - 1] if 0 < place <= len(self.columns) else row.flaw.column
            return Row(number, row.line, {}, row.raw, (row.flaw._replace(column=named),))
        flaws = flaws_of_cells(row.cells, self.columns)
        if len(row.cells) != len(self.columns):
            flaws.append(ragged(len(row.cells), self.columns))
        cells = {name: cell for name, cell in zip(self.columns, row.cells, strict=False) if cell}
        return Row(number, row.line, cells, row.raw, tuple(flaws))

    def _typed(self, number: int, line: int, cells: Sequence[Any]) -> Row:
        flaws = (ragged(len(cells), self.columns),) if len(cells) > len(self.columns) else ()
        named = {name: cell for name, cell in zip_longest(self.columns, cells[: len(self.columns)]) if cell is not None}
        return Row(number, line, named, _as_csv(cells), flaws)


def row_table(path: Path) -> RowTable:
    """TableError for what is no table; what is wrong with its header alone stands in `flaws`."""
    found = _format(path)
    if found == "csv":
        return _csv_table(path)
    typed = _parquet_names(path) if found == "parquet" else next(_excel(path, header=True), (0, ()))[1]
    names = tuple("" if name is None else str(name).strip() for name in typed)
    return RowTable(path, found, names, (), _as_csv(names), ())


def _format(path: Path) -> Format:
    """A NUL in a text is told with its row; only a text of two bytes a letter is refused here."""
    head = first_bytes(path)
    if utf16(head):
        raise TableError(f"{path.name} is UTF-16; save it as CSV UTF-8.")
    if b"\0" in head and not head.startswith((b"PK", b"PAR1")) and path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return content_format(path, head.replace(b"\0", b" "))
    return table_format(path)


def _opened(path: Path) -> io.TextIOWrapper:
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv_table(path: Path) -> RowTable:
    with _opened(path) as file:
        first = file.readline(SAMPLE)
        said = said_separator(first)
        separator = said or csv_separator(first + file.read(SAMPLE))
        file.seek(0)
        skip = 1 if said else 0
        for _ in range(skip):
            file.readline()
        row = next(csv_rows(file, separator, skip), CsvRow(1, (), ""))
    names = tuple(cell.strip() for cell in row.cells)
    flaws = (row.flaw,) if row.flaw else tuple(flaws_of_cells(names, ()))
    return RowTable(path, "csv", names, flaws, row.raw, _notes(path, separator), separator, skip)


def _notes(path: Path, separator: str) -> tuple[str, ...]:
    mark = ("it begins with a byte order mark",) if first_bytes(path).startswith(BOM) else ()
    return mark + ((f"its cells are separated by {SEPARATOR_NAMES[separator]}",) if separator != "," else ())


def _parquet_names(path: Path) -> list[str]:
    from leads.parquet_table import parquet_names

    return parquet_names(path)


def _parquet(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    from leads.fields import plain
    from leads.table import table_chunks

    lines = count(1)
    for chunk in table_chunks(path, BATCH):
        for cells in chunk.itertuples(index=False, name=None):
            yield next(lines), [plain(cell) for cell in cells]


def _excel(path: Path, header: bool = False) -> Iterator[tuple[int, Sequence[Any]]]:
    from leads.excel_table import excel_stream

    found = excel_stream(path)
    if not header:
        next(found, None)
    return found


def _as_csv(cells: Sequence[Any]) -> str:
    told = io.StringIO()
    texts = [cell.isoformat() if isinstance(cell, datetime.date) else "" if cell is None else cell for cell in cells]
    csv.writer(told, lineterminator="\n").writerow(texts)
    return told.getvalue()

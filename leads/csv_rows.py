"""CSV read row by row and strictly: what is wrong with a row is told with its column and takes no other row with it."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

LONGEST_ROW = 1 << 20
"""Characters. A longer row is a quotation mark that is never closed, and must not fill the memory."""
NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What a byte that is no UTF-8 reads as under "surrogateescape"."""


class Flaw(NamedTuple):
    """`column` is its name, or its number from 1 where the header has none; None where the whole row is meant."""

    code: str
    column: str | None
    detail: str


OTHER_END = Flaw("csv-row", None, "ends its line in another way than the rows before; save the file with one kind")


class CsvRow(NamedTuple):
    """`line` is where the row begins in the file, `raw` what stands there."""

    line: int
    cells: Sequence[str]
    raw: str
    flaw: Flaw | None = None


class LineReader(Protocol):
    def readline(self, size: int, /) -> str: ...


class TooLong(Exception):
    """The row does not end."""


class Lines:
    """Hands a file on line by line and keeps those of the row that is being read."""

    def __init__(self, file: LineReader, line: int) -> None:
        self.file = file
        self.line = line
        self.row: list[str] = []
        self.size = 0

    def begin(self) -> None:
        self.row, self.size = [], 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        text = self.file.readline(LONGEST_ROW)
        if not text:
            raise StopIteration
        self.line += 1
        self.row.append(text)
        self.size += len(text)
        if self.size >= LONGEST_ROW:
            raise TooLong
        return text


def csv_rows(file: LineReader, separator: str, line: int = 0) -> Iterator[CsvRow]:
    """From where the file stands, after `line` lines. Wholly empty lines are no rows. After a quotation mark that is
    never closed nothing can be told apart, so all that follows it is one row with that flaw."""
    lines = Lines(file, line)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    usual = ""
    while True:
        lines.begin()
        first = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _broken(first, "".join(lines.row), separator)
            continue
        except TooLong:
            yield _broken(first, "".join(lines.row), separator)
            yield from _unreadable(lines)
            return
        end = _line_end(lines.row[-1])
        usual = usual or end
        if cells:
            yield CsvRow(first, cells, "".join(lines.row), OTHER_END if end not in ("", usual) else None)


def _line_end(text: str) -> str:
    return "\r\n" if text.endswith("\r\n") else text[-1] if text.endswith(("\n", "\r")) else ""


def flaws_of_cells(cells: Sequence[str], names: Sequence[str]) -> list[Flaw]:
    """What no cell may hold; `names` are the columns'."""
    found = []
    for place, cell in enumerate(cells):
        column = names[place] if place < len(names) else str(place + 1)
        if NOT_UTF8.search(cell):
            found.append(Flaw("csv-encoding", column, "is not UTF-8; save the file as UTF-8"))
        elif "\0" in cell:
            found.append(Flaw("control-character", column, "must not contain the character NUL"))
    return found


def ragged(width: int, names: Sequence[str]) -> Flaw:
    """A row of `width` cells under a header of another width."""
    column = names[width] if width < len(names) else str(len(names) + 1)
    detail = f"has {width} cells where the header has {len(names)}; quote cells that hold the separator or a line end"
    return Flaw("csv-row", column, detail)


def _broken(line: int, raw: str, separator: str) -> CsvRow:
    column, closed = _wrong_quote(raw, separator)
    never = "opens a quotation mark that is never closed; close it, or write it twice"
    inside = 'has a quotation mark inside a quoted cell; write it twice ("")'
    return CsvRow(line, (), raw, Flaw("csv-row", str(column), inside if closed else never))


def _wrong_quote(raw: str, separator: str) -> tuple[int, bool]:
    """The number of the cell whose quotation marks are wrong, and whether it was closed."""
    column, place = 1, 0
    while place < len(raw):
        if raw[place] == '"':
            end = re.compile('(?:[^"]|"")*"').match(raw, place + 1)
            if end is None:
                return column, False
            place = end.end()
            if place < len(raw) and raw[place] not in f"{separator}\r\n":
                return column, True
        elif (stop := re.compile(f"[{re.escape(separator)}\r\n]").search(raw, place)) is None:
            return column, True
        else:
            place = stop.start()
        column += raw[place : place + 1] == separator
        place += 1
    return column, True


def _unreadable(lines: Lines) -> Iterator[CsvRow]:
    """What stands behind a row without an end, piece by piece."""
    flaw = Flaw("csv-row", None, "stands behind a quotation mark that is never closed")
    while text := lines.file.readline(LONGEST_ROW):
        lines.line += 1
        yield CsvRow(lines.line, (), text, flaw)

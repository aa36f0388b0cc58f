"""What a file of leads really is, whatever its suffix says, and what is wrong with its header."""

import codecs
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from leads.refusal import Refusal

Format = Literal["csv", "parquet", "excel"]

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
NAMES: dict[Format, str] = {"csv": "a CSV table", "parquet": "a Parquet file", "excel": "an Excel workbook"}
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstandard; unpack it first"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it first"),
    (b"7z\xbc\xaf", "is a 7-Zip archive; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook (.xls) or protected by a password; save it as .xlsx or CSV"),
    (b"%PDF", "is a PDF; export the table as CSV"),
    (b"SQLite format 3", "is an SQLite database; export the table as CSV"),
)


class TableError(Refusal):
    """The file cannot be read as a table of leads."""


def table_format(path: Path) -> Format:
    """The suffix must agree with the first bytes; without a known suffix the first bytes decide."""
    head = first_bytes(path)
    found = content_format(path, head)
    said = SUFFIXES.get(path.suffix.lower())
    if said not in (None, found):
        raise TableError(
            f"{path} is named as {NAMES[said]} but is {NAMES[found]}; rename it to end in {usual_suffix(found)}."
        )
    return found


def usual_suffix(found: Format) -> str:
    return next(suffix for suffix, named in SUFFIXES.items() if named == found)


def first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise TableError(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise TableError(f"{path} is a folder; name one file in it.") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from None
    if not head.strip():
        raise TableError(f"{path} is empty; export the table again, with a header line and its rows.")
    return head


def content_format(path: Path, head: bytes) -> Format:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "excel"
    for start, said in FOREIGN:
        if head.startswith(start):
            raise TableError(f"{path} {said}.")
    check_text(path, head)
    return "csv"


def check_text(path: Path, head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise TableError(f"{path} is a web page or XML, not a table; export the table as CSV.")
    if start.startswith((b'{"', b"[{", b"[[")) or start in (b"{", b"["):
        raise TableError(f"{path} is JSON, not a table; export the table as CSV or Parquet.")
    if b"\0" in head and utf16(head) is None:
        raise TableError(f"{path} holds binary data, not a table; export the table as CSV, Parquet or Excel.")


def utf16(head: bytes) -> str | None:
    """The encoding of a text of two bytes a letter, told by its mark or by where its zeros stand."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head[0::2].count(0), head[1::2].count(0)
    if max(zeros) < len(head) / 8 or min(zeros):
        return None
    return "utf-16-le" if zeros[1] else "utf-16-be"


def column_names(header: Sequence[object], path: Path) -> list[str]:
    """A column without a name (pandas writes its index so) gets the name pandas gives it: "Unnamed: 0"."""
    names = ["" if name is None else str(name).strip() for name in header]
    if not any(names):
        raise TableError(f"{path}, line 1: the header is empty; write the names of the columns into the first line.")
    names = [name or f"Unnamed: {position}" for position, name in enumerate(names)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        places = [str(position + 1) for position, name in enumerate(names) if name == twice[0]]
        raise TableError(
            f"{path}, line 1: {len(places)} columns are named “{twice[0]}” (columns {', '.join(places)});"
            " give each column a name of its own."
        )
    return names


def no_rows(path: Path) -> TableError:
    return TableError(f"{path} has a header but no rows; add at least one row.")

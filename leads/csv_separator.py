"""What separates the cells of a CSV file."""

import csv
import re
from itertools import islice

SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAMPLE = 256 * 1024


def said_separator(first: str) -> str | None:
    """What Excel's own first line says."""
    named = re.fullmatch(r"\"?sep=([,;|\t])\"?", first.strip("\r\n"))
    return named[1] if named else None


def csv_separator(sample: str) -> str:
    """The one by which the header has several cells and most of the first lines have as many."""
    return max(SEPARATORS, key=lambda separator: fit(sample, separator))


def fit(sample: str, separator: str) -> tuple[bool, float, int]:
    rows = first_rows(sample, separator)
    width = len(rows[0]) if rows else 0
    alike = sum(len(row) == width for row in rows) / max(len(rows), 1)
    return width > 1, alike if width > 1 else 0.0, width


def first_rows(sample: str, separator: str) -> list[list[str]]:
    lines = sample.splitlines(keepends=True)
    reader = csv.reader(lines[:-1] or lines, delimiter=separator)
    rows: list[list[str]] = []
    try:
        rows.extend(islice((row for row in reader if row), 200))
    except csv.Error:
        return rows
    return rows

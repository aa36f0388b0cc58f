"""Dates as people and other tools write them, once it is said which of their numbers is the month."""

import re

from leads.import_mapping import DateOrder

NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?\s+(\S.*))?")
AMBIGUOUS = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}\b.*")
HALF_DAYS = re.compile(r"(.*?)(\d{1,2})(:\d\d(?::\d\d)?)\s*([AP])\.?M\.?", re.IGNORECASE)


def in_order(cell: object, order: DateOrder | None) -> object:
    """11/20/2026, 9:15 PM as 2026-11-20 21:15; what is written otherwise stays as it is."""
    if not isinstance(cell, str):
        return cell
    text = _by_24_hours(cell.strip())
    found = NUMBERS.fullmatch(text)
    if found is None or order is None or found[2] == ".":
        return text
    month, day = (found[1], found[3]) if order == "month-first" else (found[3], found[1])
    return f"{found[4]}-{month}-{day}" + (f" {found[5]}" if found[5] else "")


def ambiguous(cell: object) -> bool:
    """Whether the cell is a date that somebody must say the order of."""
    return isinstance(cell, str) and AMBIGUOUS.fullmatch(cell.strip()) is not None


def _by_24_hours(text: str) -> str:
    found = HALF_DAYS.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return text
    return f"{found[1]}{int(found[2]) % 12 + (12 if found[4].upper() == 'P' else 0):02}{found[3]}"

"""Telephone numbers: country, validity and type. The number itself never comes out."""

from functools import lru_cache
from typing import NamedTuple

from features import place

TYPES = {0: "fixed line", 1: "mobile", 2: "fixed line or mobile", 3: "toll free", 6: "internet"}


class Number(NamedTuple):
    country: str | None
    valid: bool
    kind: str | None


NO_NUMBER = Number(None, False, None)


# Small: it is there for the features of one lead to share the work, not to keep numbers in memory.
@lru_cache(maxsize=16)
def _number(phone: str, region: str | None) -> Number:
    import phonenumbers

    written = phone.strip()
    international = "+" + written[2:] if written.startswith("00") else written
    try:
        parsed = phonenumbers.parse(international, region)
    except phonenumbers.NumberParseException:
        return NO_NUMBER
    country = phonenumbers.region_code_for_number(parsed)
    if country is None:
        return NO_NUMBER
    kind = phonenumbers.number_type(parsed)
    return Number(country if country in place.regions() else None, kind != 99, TYPES.get(kind, "other"))


def country(phone: str | None, country: str | None = None) -> str | None:
    """The country of the number as its ISO code. A number without its country's prefix is read as one of the country
    that the form names."""
    return _number(phone, place.code(country)).country if phone else None


def valid(phone: str | None, country: str | None = None) -> bool | None:
    """The number is one that its country's numbering plan hands out."""
    return _number(phone, place.code(country)).valid if phone else None


def line(phone: str | None, country: str | None = None) -> str | None:
    """The type of line: mobile, fixed line, fixed line or mobile (where the plan does not tell), toll free, internet or
    other."""
    return _number(phone, place.code(country)).kind if phone else None

"""What a value of each kind may look like, in JSON (strict) and in a table cell (where everything may be text)."""

import datetime
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal, NoReturn, get_args

from pydantic_core import PydanticCustomError

Kind = Literal[
    "email",
    "phone",
    "person",
    "company",
    "job_title",
    "country",
    "url",
    "text",
    "category",
    "number",
    "money",
    "flag",
    "date",
    "consent",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
PERSONAL: frozenset[Kind] = frozenset({"email", "phone", "person", "text"})
"""Kinds whose raw values never leave the ledger."""
NUMBERS: frozenset[Kind] = frozenset({"number", "money"})
FLAGS: frozenset[Kind] = frozenset({"flag", "consent"})
TEXTS: frozenset[Kind] = frozenset(KINDS) - NUMBERS - FLAGS - {"date"}
Value = str | float | bool | datetime.date | datetime.datetime | None

LARGEST = 1e15
SMALLEST = 1e-300
LONGEST: dict[Kind, int] = {"text": 10_000, "url": 2_000, "country": 100, "email": 254, "phone": 100}
LONGEST_OTHER = 500

YES = frozenset(["1", "yes", "y", "true", "t", "on", "ja", "j", "oui", "o", "si", "sí", "sim", "tak", "да"])
NO = frozenset(["0", "no", "n", "false", "f", "off", "nein", "non", "não", "nie", "нет"])
NOTHING = frozenset({"", "-", "?", "na", "n/a", "#n/a", "nan", "nat", "null", "none"})
"""Cells that cannot be a number, a flag or a date and always mean that nothing was given."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
PLAIN_PHONE = re.compile(r"\+?[\d(][\d ()./-]*")
WEB_ADDRESS = re.compile(r"(https?://)?(?:[^\s/@?#:]+\.)+[^\s/@?#:.]{2,}(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?")
GROUPED = re.compile(r"[+-]?(\d{1,3}(?P<g>[,.' \u00a0\u202f’])\d{3}((?P=g)\d{3})*)(?P<d>[,.])?(?P<rest>\d*)")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,(\d{1,2}|\d{4,})")
MONEY_SIGNS = re.compile(r"^(?:[$€£¥₹]|[A-Z]{3}\s)\s*|\s*(?:[$€£¥₹%]|\s[A-Z]{3})$")


def refuse(code: str, sentence: str) -> NoReturn:
    """The code is the last part of the problem type that HTTP answers with; the sentence never holds the value."""
    raise PydanticCustomError(code, sentence)


def text_value(kind: Kind, text: str) -> str | None:
    """Stripped, without invisible characters; None when nothing is left."""
    cleaned = INVISIBLE.sub("", text).strip()
    if not cleaned:
        return None
    if CONTROL.search(cleaned):
        refuse("control-character", "must not contain control characters")
    longest = LONGEST.get(kind, LONGEST_OTHER)
    if len(cleaned) > longest:
        refuse("email-format" if kind == "email" else "too-long", f"must have at most {longest:,} characters")
    if kind in CHECKS:
        CHECKS[kind](cleaned)
    return cleaned


def check_email(text: str) -> None:
    if PLAIN_EMAIL.fullmatch(text) and text.index("@") <= 64:
        return
    from email_validator import EmailNotValidError, validate_email  # the rare shapes only, it is slow to import

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        refuse("email-format", "must be an e-mail address such as name@company.com")


def check_phone(text: str) -> None:
    """A national number cannot be checked without its country, so only what can be no number anywhere is refused."""
    digits = len(re.sub(r"\D", "", text))
    if not 4 <= digits <= 25:
        refuse("phone-format", "must be a telephone number of at least 4 and at most 25 digits")
    if digits <= 15 and PLAIN_PHONE.fullmatch(text):
        return
    import phonenumbers  # the rare shapes only (letters, extensions), it is slow

    try:
        phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        if error.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            refuse("phone-format", "must be a telephone number such as +49 30 1234567")


def check_url(text: str) -> None:
    if not WEB_ADDRESS.fullmatch(text):
        refuse("url-format", "must be a web address that starts with http:// or https://")


CHECKS: dict[Kind, Callable[[str], None]] = {"email": check_email, "phone": check_phone, "url": check_url}


def number_value(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isnan(number):
        refuse("not-finite", "must be a finite number")
    if abs(number) > LARGEST or 0 < abs(number) < SMALLEST:
        refuse("out-of-range", "must lie between -1e15 and 1e15")
    return number + 0.0  # -0.0 becomes 0.0


def sent_value(kind: Kind, value: object) -> Value:
    """A JSON value, strictly: "12" and true are no numbers, "yes" is no flag, null and "" are nothing."""
    if value is None or value == "":
        return None
    if kind in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            refuse("type", "must be a number")
        return number_value(value)
    if kind in FLAGS:
        if not isinstance(value, bool):
            refuse("consent-format" if kind == "consent" else "type", "must be true or false")
        return value
    if not isinstance(value, str):
        refuse("type", "must be a date such as 2026-11-23" if kind == "date" else "must be text")
    return sent_date(value.strip()) if kind == "date" else text_value(kind, value)


def sent_date(text: str) -> datetime.date | None:
    if not text:
        return None
    if ISO_DATE.fullmatch(text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            pass
    refuse("date-format", "must be a day of the calendar such as 2026-11-23")


def cell_value(kind: Kind, cell: object) -> Value:
    """A table cell (str, int, float, bool, Decimal, date or datetime, never NaN) as a value of the kind."""
    if kind in NUMBERS:
        return number_of(cell, money=kind == "money")
    if kind in FLAGS:
        return flag_of(cell)
    if kind == "date":
        return date_of(cell)
    return text_value(kind, CONTROL.sub("", text_of(cell)))


def text_of(cell: object) -> str:
    """A whole number reads the same whether its column came as 7, 7.0 or "7"."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= LARGEST:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def number_of(cell: object, money: bool = False) -> float | None:
    """An amount of money has no third decimal: what stands before three last digits separates thousands. Without a
    currency sign a dot is believed to be a decimal point all the same, since programs write numbers so."""
    if isinstance(cell, int | float | Decimal):  # a flag counts as 1 or 0
        return number_value(float(cell))
    text = str(cell).strip()
    if PLAIN_NUMBER.fullmatch(text):
        return number_value(float(text))
    if text.lower() in NOTHING:
        return None
    bare = MONEY_SIGNS.sub("", text)
    signed = bare != text and "%" not in text
    if THOUSANDS.fullmatch(bare) and (signed or (money and "," in bare)):
        return number_value(float(re.sub("[.,]", "", bare)))
    return number_value(grouped_number(bare))


def grouped_number(text: str) -> float:
    """1,234.5 and 1.234,5 and 1,234,567 and 1 234 and 0,75 can be read in one way; 1,234 cannot and is refused."""
    if PLAIN_NUMBER.fullmatch(text):
        return float(text)
    if DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    groups = GROUPED.fullmatch(text)
    if groups is None or groups["g"] == groups["d"] or (groups["rest"] and not groups["d"]):
        refuse("type", "must be a number")
    if groups["g"] in ",." and text.count(groups["g"]) == 1 and not groups["d"]:
        refuse("type", "must be a number that can be read in one way only")
    whole = text.replace(groups["g"], "")
    return float(whole.replace(",", "."))


def flag_of(cell: object) -> bool | None:
    """A yes-or-no column of one table may turn out to be a count in the next: any number but 0 is a yes."""
    word = text_of(cell).strip().lower()
    if word in YES or word in NO:
        return word in YES
    if word in NOTHING:
        return None
    if PLAIN_NUMBER.fullmatch(word):
        return float(word) != 0
    refuse("type", "must be yes or no")


def date_of(cell: object) -> datetime.date | None:
    moment = moment_of(cell)
    return moment.date() if isinstance(moment, datetime.datetime) else moment


def moment_of(cell: object) -> datetime.datetime | datetime.date | None:
    """Days without a time stay days; 2026-11-23, 2026/11/23 and 23.11.2026 read in one way, 01/02/2026 does not."""
    if isinstance(cell, datetime.date):
        return cell
    text = str(cell).strip() if isinstance(cell, str) else ""
    if isinstance(cell, str) and text.lower() in NOTHING:
        return None
    found = re.fullmatch(r"(?:(\d{4})[-/](\d{1,2})[-/](\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?:[T ]+(.+))?", text)
    if found is None:
        refuse("date-format", "must be a date such as 2026-11-23")
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    iso = f"{year}-{int(month):02}-{int(day):02}"
    try:
        if found[7]:
            return datetime.datetime.fromisoformat(f"{iso}T{clock(found[7])}")
        return datetime.date.fromisoformat(iso)
    except ValueError:
        refuse("date-format", "must be a date such as 2026-11-23")


def clock(text: str) -> str:
    """9:05 as 09:05; a zone name that ISO does not know is refused by the caller's parser."""
    tidy = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text.strip())
    return re.sub(r"\s+(?=[+-])", "", tidy if re.match(r"\d\d", tidy) else f"0{tidy}")

"""Times: when the lead arrived on the clock of the agreement's time zone, and how far the dates it named are."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
OPEN, CLOSE = 9, 17


@lru_cache(maxsize=64)
def local(arrived: datetime, timezone: str) -> datetime | None:
    """The arrival on the local clock; a time without a zone is local already. None at the ends of the calendar."""
    if arrived.tzinfo is None:
        return arrived
    try:
        return arrived.astimezone(ZoneInfo(timezone))
    except (OverflowError, ValueError):
        return None


def _day_only(here: datetime) -> bool:
    """Midnight to the microsecond is a day written as a time: its hour means nothing."""
    return here.time() == time()


def hour(timezone: str, arrived: datetime) -> int | None:
    """The hour of arrival in the agreement's time zone, 0 to 23; missing where only the day is known."""
    here = local(arrived, timezone)
    return None if here is None or _day_only(here) else here.hour


def weekday(timezone: str, arrived: datetime) -> str | None:
    """The day of the week of the arrival in the agreement's time zone."""
    here = local(arrived, timezone)
    return None if here is None else WEEKDAYS[here.weekday()]


def business_hours(timezone: str, arrived: datetime) -> bool | None:
    """The lead arrived from Monday to Friday between 9:00 and 17:00 in the agreement's time zone; missing where only
    the day is known."""
    here = local(arrived, timezone)
    if here is None or _day_only(here):
        return None
    return here.weekday() < 5 and OPEN <= here.hour < CLOSE


def date_month(day: date) -> str:
    """The month of the date."""
    return MONTHS[day.month - 1]


def date_weekday(day: date) -> str:
    """The day of the week of the date."""
    return WEEKDAYS[day.weekday()]


def days_after(timezone: str, day: date | None, arrived: datetime | None) -> int | None:
    """How many days after the arrival the date lies, in the agreement's time zone; negative before it."""
    here = local(arrived, timezone) if arrived is not None else None
    return None if day is None or here is None else date.toordinal(day) - here.toordinal()

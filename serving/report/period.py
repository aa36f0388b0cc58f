"""The days that a report is about, by the sales team's clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leads.refusal import Refusal

MONTH, DAY = re.compile(r"\d{4}-\d{2}"), re.compile(r"\d{4}-\d{2}-\d{2}")
EARLIEST, LATEST = date(1990, 1, 1), date(9998, 12, 31)


class WrongPeriod(Refusal):
    """`name` is the option that says it."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.name = name


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included. `now` is when it is looked at: while the period runs, it reaches until then."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    @property
    def since(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def until(self) -> datetime:
        return max(self.since, min(self.end, self.now))

    @property
    def running(self) -> bool:
        return self.since <= self.now < self.end

    @property
    def months(self) -> float:
        """How many months it holds so far, for promises of a month: a month counts by the share of it that is in."""
        until = self.until.astimezone(self.zone).date()
        return sum(self.share_of(first, self.until) for first in months_between(self.first, min(self.last, until)))

    def share_of(self, first: date, until: datetime) -> float:
        """Of the month that begins on this day the part that lies in the period, as far as that goes until then."""
        begins, ends = midnight(first, self.zone), midnight(next_month(first), self.zone)
        within = min(ends, until) - max(begins, self.since)
        return max(0.0, within / (ends - begins))

    @property
    def title(self) -> str:
        """October 2026, or its first and its last day."""
        if self.first.day == 1 and self.last == next_month(self.first) - timedelta(days=1):
            return f"{self.first:%B %Y}"
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def next_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """The first day of each month that one of these days is in."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def month_of(text: str, zone: ZoneInfo, now: datetime) -> Period:
    if not MONTH.fullmatch(text):
        raise WrongPeriod("month", "month must be a year and a month such as 2026-10.")
    first = day_of(f"{text}-01", "month")
    return _possible("month", first, next_month(first) - timedelta(days=1), zone, now)


def month_around(moment: datetime, zone: ZoneInfo, now: datetime) -> Period:
    return month_of(f"{moment.astimezone(zone):%Y-%m}", zone, now)


def days_of(first: str, last: str, zone: ZoneInfo, now: datetime) -> Period:
    begins, ends = day_of(first, "from"), day_of(last, "to")
    if ends < begins:
        raise WrongPeriod("to", "to must not lie before from; both days belong to the report.")
    return _possible("from", begins, ends, zone, now)


def day_of(text: str, name: str) -> date:
    try:
        if not DAY.fullmatch(text):  # 2026-W40-1 is a day of the standard as well
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongPeriod(name, f"{name} must be a {'month' if name == 'month' else 'day'} that exists.") from None
    if not EARLIEST <= day <= LATEST:
        raise WrongPeriod(name, f"{name} must lie between {EARLIEST.year} and {LATEST.year}.")
    return day


def _possible(name: str, first: date, last: date, zone: ZoneInfo, now: datetime) -> Period:
    if first > now.astimezone(zone).date():
        raise WrongPeriod(name, f"{name} lies in the future; there is nothing to report yet.")
    return Period(first, last, zone, now)

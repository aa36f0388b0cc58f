"""Working time: when people are there, and when so many working minutes will have passed."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from leads.hours import Week, read_hours

LONGEST_SEARCH = timedelta(days=3660)
Holidays = Callable[[date], bool]


class NeverOpen(ValueError):
    """So many working minutes do not pass within ten years."""


@dataclass(frozen=True)
class WorkingTime:
    """`week` holds wall times of `zone`; on a holiday nobody works."""

    week: Week
    zone: ZoneInfo
    closed: Holidays = lambda day: False

    def after(self, start: datetime, minutes: float) -> datetime:
        """The moment by which `minutes` of working time have passed since `start`, in UTC. Minutes are real ones: in
        the night the clocks change, a span may be longer or shorter than its wall times say."""
        left = timedelta(minutes=minutes)
        for opens, closes in self._spans(start, start + LONGEST_SEARCH):
            worked = closes - max(opens, start)
            if left <= worked:
                return max(opens, start) + left
            left -= worked
        raise NeverOpen(f"{minutes:g} working minutes do not pass within ten years")

    def open_at(self, moment: datetime) -> bool:
        return any(opens <= moment < closes for opens, closes in self._spans_on(moment.astimezone(self.zone).date()))

    def minutes_on(self, day: date) -> float:
        return sum((closes - opens).total_seconds() / 60 for opens, closes in self._spans_on(day))

    def spans(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans that touch this time, oldest first."""
        return takewhile(lambda span: span[0] < until, self._spans(since, until))

    def _spans(self, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans that end after `start`, oldest first, up to the day of `until`."""
        day, last = start.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        while day <= last:
            yield from (span for span in self._spans_on(day) if span[1] > start)
            day += timedelta(days=1)

    def _spans_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if self.closed(day):
            return
        for opens, closes in self.week.get(day.weekday(), ()):
            yield self._moment(day, opens), self._moment(day, closes)

    def _moment(self, day: date, wall: time) -> datetime:
        """24:00 is kept as the last microsecond of a day. Of a wall time that a change of the clocks repeats, the first
        is meant; one that it skips is the moment of the change."""
        if wall == time.max:
            day, wall = day + timedelta(days=1), time.min
        shown = datetime.combine(day, wall)
        first, second = (shown.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first <= second:
            return first
        between = range((first - second) // timedelta(minutes=1))
        after = bisect_left(between, True, key=lambda minute: self._shown(second + timedelta(minutes=minute)) >= shown)
        return second + timedelta(minutes=after)

    def _shown(self, moment: datetime) -> datetime:
        """By the clock on the wall."""
        return moment.astimezone(self.zone).replace(tzinfo=None)


def working_time(hours: str, timezone: str, calendar: str | None) -> WorkingTime:
    """From the words of the agreement; ValueError where one of them cannot be read."""
    return WorkingTime(read_hours(hours), ZoneInfo(timezone), holidays_of(calendar) if calendar else lambda day: False)


@lru_cache(maxsize=64)
def holidays_of(calendar: str) -> Holidays:
    """Public holidays of a country (DE) or one of its parts (DE-BY); ValueError when there is no such calendar."""
    import holidays  # rare, and slow to import

    country, _, part = calendar.partition("-")
    try:
        if not re.fullmatch("[A-Z]{2}", country):  # the library knows names as well, not all of them
            raise NotImplementedError
        found = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        raise ValueError(f"there is no calendar of public holidays for {calendar}") from None
    return found.__contains__

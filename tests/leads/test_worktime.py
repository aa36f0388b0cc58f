"""Due times worked out by hand; 2026-11-20 is a Friday."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.sections import Agreement, Goal, Person, Sales
from leads.team import Change, team_of
from leads.worktime import NeverOpen, WorkingTime, holidays_of, working_time
from tests.leads.deadlines import DEADLINES, Team

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OFFICE = ("Mon-Fri 09:00-17:30", "Europe/Berlin", None)
TWO_BLOCKS = ("Mon-Thu 09:00-12:00 13:00-17:00, Fri 09:00-12:00", "America/New_York", "US")
ALWAYS = "Mon-Sun 00:00-24:00"
CASES = [
    # within the day, to the last minute, over the night, over the weekend
    (OFFICE, "2026-11-20 10:00", 15, "2026-11-20 10:15"),
    (OFFICE, "2026-11-20 17:15", 15, "2026-11-20 17:30"),
    (OFFICE, "2026-11-19 17:20", 15, "2026-11-20 09:05"),
    (OFFICE, "2026-11-20 17:20", 15, "2026-11-23 09:05"),
    (OFFICE, "2026-11-21 12:00", 15, "2026-11-23 09:15"),
    (OFFICE, "2026-11-20 08:00", 1, "2026-11-20 09:01"),
    (OFFICE, "2026-11-20 09:00", 510, "2026-11-20 17:30"),
    (OFFICE, "2026-11-20 09:00", 511, "2026-11-23 09:01"),
    (OFFICE, "2026-11-20 09:00", 510 * 5 + 30, "2026-11-27 09:30"),
    # a pause at noon, a short Friday, holidays: Thanksgiving is Thursday 2026-11-26
    (TWO_BLOCKS, "2026-11-23 11:50", 15, "2026-11-23 13:05"),
    (TWO_BLOCKS, "2026-11-23 12:30", 15, "2026-11-23 13:15"),
    (TWO_BLOCKS, "2026-11-20 11:50", 15, "2026-11-23 09:05"),
    (TWO_BLOCKS, "2026-11-25 16:50", 15, "2026-11-27 09:05"),
    (("Mon-Fri 09:00-17:00", "Europe/Berlin", "DE"), "2026-12-24 16:50", 15, "2026-12-28 09:05"),
    (("Mon-Fri 09:00-17:00", "Europe/Berlin", "DE-BY"), "2026-01-05 16:50", 15, "2026-01-07 09:05"),
    (("Mon-Fri 09:00-17:00", "Europe/Berlin", "DE"), "2026-01-05 16:50", 15, "2026-01-06 09:05"),
    # the nights the clocks change: minutes stay minutes
    ((ALWAYS, "Europe/Berlin", None), "2026-03-29 01:30", 60, "2026-03-29 03:30"),
    ((ALWAYS, "Europe/Berlin", None), "2026-10-25 01:30", 120, "2026-10-25 02:30+01:00"),
    ((ALWAYS, "America/St_Johns", None), "2026-03-08 01:30", 60, "2026-03-08 03:30"),
    (("Sun 01:00-04:00", "Europe/Berlin", None), "2026-03-29 01:00", 120, "2026-03-29 04:00"),
    (("Sun 01:00-04:00", "Europe/Berlin", None), "2026-03-29 01:00", 121, "2026-04-05 01:01"),
    (("Sun 01:00-04:00", "Europe/Berlin", None), "2026-10-25 01:00", 240, "2026-10-25 04:00"),
    (("Mon-Fri 09:00-17:30", "Asia/Kathmandu", None), "2026-11-20 17:29", 2, "2026-11-23 09:01"),
]


def at(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


@pytest.mark.parametrize(
    ("team", "start", "minutes", "due"),
    [(team, *case) for team, cases in DEADLINES for case in cases],
    ids=lambda value: value if isinstance(value, str) else str(value) if isinstance(value, int) else value[1],
)
def test_a_deadline_is_exact(team: Team, start: str, minutes: int, due: str) -> None:
    hours, zone, calendar, leave = team
    sales = Sales(hours=hours, timezone=zone, holidays=calendar, people=(Person(name="anna"),))
    away = [Change("anna", LONG_AGO, "leave", {"from": first, "to": last}) for first, last in leave]
    (anna,) = team_of(Agreement(goal=Goal(within_days=90, value=1.0), sales=sales), away)
    assert anna.working.after(datetime.fromisoformat(start), minutes) == datetime.fromisoformat(due)


@pytest.mark.parametrize(("words", "start", "minutes", "due"), CASES)
def test_a_due_time_counts_working_minutes(
    words: tuple[str, str, str | None], start: str, minutes: float, due: str
) -> None:
    assert working_time(*words).after(at(start, words[1]), minutes) == at(due, words[1])


def test_people_are_there_in_working_hours_alone() -> None:
    office = working_time("Mon-Fri 09:00-12:00 13:00-17:00", "Europe/Berlin", "DE")
    there = {"2026-11-20 09:00": True, "2026-11-20 12:00": False, "2026-11-20 13:00": True, "2026-11-21 10:00": False}
    there |= {"2026-12-25 10:00": False, "2026-11-20 16:59": True, "2026-11-20 17:00": False}
    assert {text: office.open_at(at(text, "Europe/Berlin")) for text in there} == there


def test_a_calendar_that_does_not_exist_is_refused() -> None:
    for calendar in ("XX", "DE-ZZ"):
        with pytest.raises(ValueError, match=f"no calendar of public holidays for {calendar}"):
            holidays_of(calendar)


def test_a_team_that_is_never_there_is_told() -> None:
    with pytest.raises(NeverOpen):
        WorkingTime({}, ZoneInfo("UTC")).after(datetime(2026, 11, 20, tzinfo=UTC), 15)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, st.lists(st.floats(0, 3000), min_size=1, max_size=5))
def test_minutes_passed_one_after_the_other_are_the_same_as_at_once(start: datetime, minutes: list[float]) -> None:
    office = working_time(*TWO_BLOCKS)
    step = start
    for each in minutes:
        step = office.after(step, each)
    assert abs(step - office.after(start, sum(minutes))) <= timedelta(milliseconds=1) or sum(minutes) == 0


@given(MOMENTS, st.floats(0, 6000), st.floats(0, 6000))
def test_more_minutes_are_never_due_earlier(start: datetime, one: float, other: float) -> None:
    office = working_time(*OFFICE)
    moments = [office.after(start, minutes) for minutes in sorted((one, other))]
    assert all(earlier <= later for earlier, later in pairwise([start, *moments]))

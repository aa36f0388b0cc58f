from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from features.timing import business_hours, date_month, date_weekday, days_after, hour, weekday

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("arrived", "told"),
    [
        (datetime(2026, 7, 3, 6, 59, tzinfo=UTC), (8, "Friday", False)),
        (datetime(2026, 7, 3, 7, 0, tzinfo=UTC), (9, "Friday", True)),
        (datetime(2026, 1, 3, 12, 0, tzinfo=UTC), (13, "Saturday", False)),
        (datetime(2026, 1, 4, 23, 30, tzinfo=UTC), (0, "Monday", False)),
        (datetime(2026, 1, 4, 23, 0, tzinfo=UTC), (None, "Monday", None)),  # midnight in Berlin: a day and no time
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), (None, None, None)),
    ],
)
def test_an_arrival_is_told_on_the_local_clock(
    arrived: datetime, told: tuple[int | None, str | None, bool | None]
) -> None:
    assert (hour(BERLIN, arrived), weekday(BERLIN, arrived), business_hours(BERLIN, arrived)) == told


def test_a_date_tells_month_and_weekday() -> None:
    assert (date_month(date(2026, 3, 11)), date_weekday(date(2026, 3, 11))) == ("March", "Wednesday")


def test_days_are_counted_from_the_arrival() -> None:
    arrived = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert [days_after(BERLIN, date(2026, 3, day), arrived) for day in (8, 10, 31)] == [-2, 0, 21]
    assert days_after(BERLIN, None, arrived) is None

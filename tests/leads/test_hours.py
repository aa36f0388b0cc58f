from datetime import time

import pytest

from leads.hours import read_hours


def test_hours_of_a_week_are_read() -> None:
    week = read_hours("Mon-Thu 09:00-17:30, Fri 9:00-12:00 13:00-15:00")
    assert sorted(week) == [0, 1, 2, 3, 4]
    assert week[0] == ((time(9), time(17, 30)),)
    assert week[4] == ((time(9), time(12)), (time(13), time(15)))


def test_days_may_run_over_the_end_of_the_week() -> None:
    assert sorted(read_hours("Sat-Tue 00:00-24:00")) == [0, 1, 5, 6]


def test_whole_names_of_days_are_understood() -> None:
    assert read_hours("Monday-Friday 08:00-12:00") == read_hours("mon–fri 8:00–12:00")


@pytest.mark.parametrize(
    "text", ["", "Mon", "09:00-17:00", "Mon 09:00", "Mon 9-17", "Mon 09:00-12:00 11:00-13:00", "Mon 09:60-10:00"]
)
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read|overlap|not a time"):
        read_hours(text)

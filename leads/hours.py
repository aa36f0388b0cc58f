"""Working hours as people write them: "Mon-Fri 09:00-17:30" or "Mon-Thu 09:00-17:30, Fri 09:00-12:00 13:00-15:00"."""

import datetime
import re

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime.time, datetime.time]
Week = dict[int, tuple[Span, ...]]
"""Weekday (Monday is 0) -> its open spans, ascending; a day that is absent is closed."""

PART = re.compile(r"(?P<first>[a-z]{3})[a-z]*(?:\s*[-–]\s*(?P<last>[a-z]{3})[a-z]*)?\s+(?P<spans>\d.*)")
SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")


def read_hours(text: str) -> Week:
    """ValueError, in words, where the hours cannot be read."""
    week: Week = {}
    for part in re.split(r"[,;]", text):
        found = PART.fullmatch(part.strip().lower())
        if found is None:
            raise ValueError(f"cannot read “{part.strip()}” as days and hours such as Mon-Fri 09:00-17:30")
        spans = read_spans(found["spans"])
        for day in read_days(found["first"], found["last"] or found["first"]):
            if day in week:
                raise ValueError(f"{DAYS[day].capitalize()} is given twice")
            week[day] = spans
    return week


def read_days(first: str, last: str) -> list[int]:
    for word in (first, last):
        if word not in DAYS:
            raise ValueError(f"“{word}” is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
    start, end = DAYS.index(first), DAYS.index(last)
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def read_spans(text: str) -> tuple[Span, ...]:
    if SPAN.sub("", text).strip():
        raise ValueError(f"cannot read “{text.strip()}” as hours such as 09:00-17:30")
    spans = sorted((read_time(start), read_time(end)) for start, end in SPAN.findall(text))
    ends = [datetime.time.min, *(end for _, end in spans)]
    for (start, end), before in zip(spans, ends, strict=False):
        if end <= start or start < before:
            raise ValueError(f"the hours {start:%H:%M}-{end:%H:%M} end before they begin or overlap others")
    return tuple(spans)


def read_time(text: str) -> datetime.time:
    """24:00 is the last moment of the day."""
    hour, minute = (int(part) for part in text.split(":"))
    if (hour, minute) == (24, 0):
        return datetime.time.max
    if hour > 23 or minute > 59:
        raise ValueError(f"{text} is not a time of the day")
    return datetime.time(hour, minute)

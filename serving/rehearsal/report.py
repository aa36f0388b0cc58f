"""A rehearsal's figures in words and tables, and as one JSON object."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from leads.counted import counted
from serving import answers
from serving.rehearsal.figures import Day, Never, Worker
from serving.rehearsal.forms import Forms
from serving.rehearsal.rehearsal import Rehearsed, Wish

WEEK = 7
"""Days side by side; more do not fit into 80 columns."""
LABEL, CELL = 20, 7
LONGEST_NAME = 18
MOST_REASONS = 5
ROWS = {
    "forms": "forms",
    "sales": "  to sales",
    "review": "  to review",
    "nurture": "  to nurture",
    "quarantine": "  quarantined",
    "answered": "answered by sales",
    "in_time": "  in time",
    "reminded": "reminded",
    "reassigned": "reassigned",
    "escalated": "escalated",
    "waiting": "waiting at midnight",
    "minutes": "minutes used",
    "capacity": "  there are",
}
AT_AN_INSTANT = ("waiting",)
"""Counted at one moment: the days of a week do not add up."""
LACKED = {
    "champion-unusable": "The champion could not be loaded (`accord serve` says why), so that the scorecard scored.",
    "no-capacity": "On some days nobody of the team was there in the next seven, so that no price could be made.",
}
PEOPLE = ("", "leads", "share", "of weight", "answered", "in time", "let pass", "at hand")


def report(wish: Wish, forms: Forms, played: Rehearsed) -> Iterator[str]:
    yield from _heading(wish, forms, played)
    for start in range(0, len(played.figures.days), WEEK):
        yield from ("", *_day_table(played.figures.days[start : start + WEEK]))
    yield ""
    yield from _people(wish, played)
    yield from ("", *_never(played.figures.never))
    yield "Nothing was sent to anybody, and the ledger is as it was."


def notices(wish: Wish, forms: Forms, played: Rehearsed) -> Iterator[str]:
    """What was not played as the table has it, and why."""
    if forms.later:
        later = f"{counted(forms.later, 'row')} that came after these {wish.days} days"
        yield f"{later} {_were(forms.later)} not played (--days)."
    if forms.untimed:
        yield f"{counted(forms.untimed, 'row')} without a time of arrival {_were(forms.untimed)} not played."
    for why, count in list(forms.refused.items())[:MOST_REASONS]:
        yield f"{counted(count, 'row')} {_were(count)} not played, since a page's form would be refused: {why}."
    if forms.weekday is None:
        yield "The table tells no times ([table] arrived names their column), so its rows were spread over the days."
    elif forms.weekday != f"{wish.first:%A}":
        yield f"The table begins on a {forms.weekday} and was played from a {wish.first:%A} on; --from can change that."
    yield from (told for lack, told in LACKED.items() if lack in played.lacked)
    if not played.team:
        yield (
            "The agreement names no people, so leads wait in one queue called sales, and nobody answers. "
            "[[sales.people]] in the agreement, or `accord people add`, names them."
        )


def as_json(wish: Wish, forms: Forms, played: Rehearsed) -> dict[str, Any]:
    zone, found = ZoneInfo(wish.agreement.sales.timezone), played.figures
    return {
        "from": wish.first.isoformat(),
        "timezone": zone.key,
        "seed": wish.seed,
        "silent": sorted(wish.silent),
        "model": played.model,
        "agreement": wish.agreement.digest,
        "forms": len(forms.timed),
        "days": [asdict(day) | {"day": day.day.isoformat()} for day in found.days],
        "people": [asdict(one) | {"paused_at": answers.time_told(one.paused_at, zone)} for one in found.people],
        "queued": found.queued,
        "never": asdict(found.never),
        "story": {"lead": found.furthest, "lines": list(played.story)},
        "notices": list(notices(wish, forms, played)),
    }


def _heading(wish: Wish, forms: Forms, played: Rehearsed) -> Iterator[str]:
    first, last, zone = wish.first, played.figures.days[-1].day, wish.agreement.sales.timezone
    by = f"model {played.model}" if played.model else "the scorecard, since no model serves yet"
    yield f"{counted(len(forms.timed), 'lead')} from {first:%A %d %B %Y} to {last:%A %d %B} ({zone})."
    yield f"They are scored by {by}."
    if wish.silent:
        yield f"{' and '.join(sorted(wish.silent))} {'answers' if len(wish.silent) == 1 else 'answer'} no lead."


def _day_table(days: Sequence[Day]) -> Iterator[str]:
    yield _line("", [f"{day.day:%a %d}" for day in days], "all" if len(days) > 1 else "")
    for name, label in ROWS.items():
        numbers = [getattr(day, name) for day in days]
        total = "" if name in AT_AN_INSTANT or len(days) == 1 else _number(sum(numbers))
        yield _line(label, [_number(number) for number in numbers], total)


def _line(label: str, cells: Sequence[str], total: str) -> str:
    return (f"{label:<{LABEL}}" + "".join(f"{cell:>{CELL}}" for cell in cells) + f"{total:>{CELL}}").rstrip()


def _number(number: float) -> str:
    """Nothing is a dot, so that what happened stands out."""
    return f"{number:,.0f}" if round(number) else "·"


def _people(wish: Wish, played: Rehearsed) -> Iterator[str]:
    people, queued = played.figures.people, played.figures.queued
    if people:
        width = max(4, *(len(one.name[:LONGEST_NAME]) for one in people))
        yield f"{PEOPLE[0]:<{width}}  " + "  ".join(PEOPLE[1:])
        yield from (_person(one, width, wish) for one in people)
    yield f"In the queue at the end: {queued:,}."


def _person(one: Worker, width: int, wish: Wish) -> str:
    cells = (
        _number(one.leads),
        f"{one.share:.0%}",
        f"{one.weight_share:.0%}",
        _number(one.answered),
        _number(one.in_time),
        _number(one.let_pass),
        _number(one.at_hand),
    )
    aligned = "  ".join(cell.rjust(len(title)) for cell, title in zip(cells, PEOPLE[1:], strict=True))
    zone = ZoneInfo(wish.agreement.sales.timezone)
    paused = f"  paused {one.paused_at.astimezone(zone):%a %d %H:%M}" if one.paused_at else ""
    return f"{one.name[:LONGEST_NAME]:<{width}}  {aligned}{paused}"


def _never(never: Never) -> Iterator[str]:
    happened = any((never.of_nobody, never.given_back, never.beyond_cap))
    yield f"What must never happen, and {'did' if happened else 'did not'}, in {never.looks:,} looks:"
    yield f"  {never.of_nobody} leads without an owner or a place in the queue"
    yield f"  {never.given_back} leads given back to somebody who had let their time pass"
    yield f"  {never.beyond_cap} days on which somebody got more than their cap (escalated leads do not count)"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"

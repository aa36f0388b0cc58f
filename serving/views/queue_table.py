"""The queue as a table for the terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from models.reasons import top_reasons
from serving.views.queue import SALES, Call, Queue, Teammate

LONGEST_WHO, LONGEST_WHY, REASONS = 60, 60, 2
HEADINGS = ("", "due", "a minute earns", "chance", "owner", "who", "why", "lead")
TO_THE_RIGHT = (0, 2, 3)
"""Columns of numbers."""


def queue_lines(queue: Queue, owner: str | None) -> Iterator[str]:
    yield from _summary(queue, owner)
    if queue.calls:
        yield ""
        yield from _table([HEADINGS, *(_row(rank, call, queue.at) for rank, call in enumerate(queue.calls, 1))])


def _summary(queue: Queue, owner: str | None) -> Iterator[str]:
    whose = "" if owner is None else " in the queue of sales" if owner == SALES else f" of {owner}"
    if not queue.waiting:
        yield f"No lead{whose} waits for an answer."
        yield "A form stands here once its decision says sales or review, until an outcome is told of its lead."
    else:
        waits = f"1 lead{whose} waits" if queue.waiting == 1 else f"{queue.waiting:,} leads{whose} wait"
        late = f", {queue.late:,} of them late" if queue.late else ""
        first = f"; the first {len(queue.calls)}:" if len(queue.calls) < queue.waiting else ""
        yield f"{waits} for an answer{late}{first or '.'}"
    if queue.price is not None:
        yield f"A minute of sales must earn {queue.price:,.2f} today."
    if queue.team:
        yield f"Team: {', '.join(map(_teammate, queue.team))}."


def _teammate(one: Teammate) -> str:
    state = "there" if one.there else "paused" if one.paused else "away"
    cap = f" of {one.daily_cap}" if one.daily_cap is not None else ""
    return f"{one.name} ({state}, {one.at_hand} at hand, {one.taken_today}{cap} today)"


def _row(rank: int, call: Call, now: datetime) -> Sequence[str]:
    stands, decision = call.waiting.assignment, call.decision
    reasons = top_reasons(decision.score.contributions, REASONS)
    return (
        str(rank),
        due_told(stands.respond_by, now) + (", escalated" if stands.escalated else ""),
        "?" if call.waiting.index is None else f"{call.waiting.index:,.2f}",
        f"{100 * decision.score.probability:.1f} %",
        stands.owner or SALES,
        _cut(call.who, LONGEST_WHO),
        _cut("; ".join(reason.text for reason in reasons), LONGEST_WHY),
        stands.lead,
    )


def due_told(respond_by: datetime, now: datetime) -> str:
    minutes = int((respond_by - now).total_seconds() // 60)
    return f"in {_span(minutes)}" if respond_by >= now else f"late by {_span(-minutes)}"


def _span(minutes: int) -> str:
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _cut(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in TO_THE_RIGHT else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()

"""Forty orders of events, each with what became of the lead, whether training learns from it, and what: written by
hand, by the rules that docs/glossary.md and docs/operating.md state."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any, NamedTuple, get_args

import pytest

from leads.lead import Outcome, OutcomeType
from leads.outcome import LeadState, state_of, teaches
from leads.sections import REASONS, SalesReason
from tests.training.labels import Label, label

DECIDED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HORIZON = 90
AGREED = REASONS | {"no-budget": SalesReason(), "test-entry": SalesReason(label=False)}


class Row(NamedTuple):
    """`told` are events as `type@day` of the decision, `:reason`, and `>day` when it was told later than it happened;
    an `!` says that training takes none of its key. The label is that of day `as_of`."""

    name: str
    told: str
    state: LeadState
    teaches: bool
    label: Label
    as_of: float = 100


ROWS = [
    Row("nothing told, old", "", "open", True, 0),
    Row("nothing told, young", "", "open", True, "young", 89),
    Row("nothing told, old enough to the moment", "", "open", True, 0, 90),
    Row("accepted alone", "accepted@1", "accepted", True, 0),
    Row("all the way", "accepted@1 contacted@2 meeting@9 converted@40", "converted", True, 1),
    Row("all the way, still young", "accepted@1 contacted@2 meeting@9 converted@40", "converted", True, 1, 41),
    Row("at work, young", "accepted@1 contacted@2 meeting@9", "meeting", True, "young", 60),
    Row("converted at the last moment", "accepted@1 converted@90", "converted", True, 1),
    Row("converted a moment too late", "accepted@1 converted@90.0001", "converted", True, 0),
    Row("converted long after", "contacted@2 converted@200", "converted", True, 0, 300),
    Row("converted in time, told after it", "contacted@2 converted@80>97", "converted", True, 1),
    Row("converted in time, not told yet", "contacted@2 converted@80>120", "contacted", True, 0),
    Row("converted in time, not told yet, young", "contacted@2 converted@20>60", "contacted", True, "young", 50),
    Row("told backwards", "converted@40>40 meeting@9>41 accepted@1>42", "converted", True, 1),
    Row("work goes on with a customer", "converted@30 contacted@35 meeting@50", "converted", True, 1),
    Row("an old word comes after the conversion", "converted@30 contacted@5>31", "converted", True, 1),
    Row("converted twice", "converted@30 converted@200", "converted", True, 1, 300),
    Row("converted twice, told backwards", "converted@200 converted@30>250", "converted", True, 1, 300),
    Row("converted, then lost", "converted@30 lost@45", "lost", True, 0),
    Row("converted, then lost, young", "converted@30 lost@45", "lost", True, "young", 60),
    Row("converted, then lost, told backwards", "lost@45 converted@30>50", "lost", True, 0),
    Row("lost, then won back in time", "lost@20:competitor converted@60", "converted", True, 1),
    Row("lost, then won back too late", "lost@20:competitor converted@95", "converted", True, 0),
    Row("converted, opened again", "converted@30 reopened@31", "open", True, 0),
    Row("converted, opened again, converted in time", "converted@30 reopened@31 converted@70", "converted", True, 1),
    Row("converted, opened again, converted late", "converted@30 reopened@31 converted@110", "converted", True, 0, 200),
    Row("lost, opened again, at work", "lost@10 reopened@20 contacted@21", "contacted", True, "young", 50),
    Row("rejected: bad fit", "accepted@1 rejected@3:bad-fit", "rejected", True, 0),
    Row("rejected: bad fit, young", "rejected@3:bad-fit", "rejected", True, "young", 30),
    Row("rejected: bad data", "rejected@3:bad-data", "rejected", False, "left-out"),
    Row("rejected: unreachable", "rejected@5:unreachable", "rejected", True, 0),
    Row("rejected: not now, comes back, converts", "rejected@5:not-now reopened@50 converted@70", "converted", True, 1),
    Row("rejected: duplicate, young", "rejected@1:duplicate", "rejected", False, "left-out", 10),
    Row("rejected: competitor", "rejected@1:competitor", "rejected", False, "left-out"),
    Row("lost to a competitor after all", "meeting@9 lost@30:competitor", "lost", False, "left-out"),
    Row("bad data, put right", "rejected@2:bad-data rejected@3:no-budget", "rejected", True, 0),
    Row(
        "a good word, put right to bad data",
        "rejected@2:no-budget rejected@3:test-entry",
        "rejected",
        False,
        "left-out",
    ),
    Row("a reason that is agreed no more", "rejected@3:gone", "rejected", True, 0),
    Row("a conversion that training takes not", "contacted@2 converted@40!", "converted", True, "left-out"),
    Row("had converted before it was decided", "converted@-3 contacted@5", "converted", True, "left-out"),
]


def moment(day: str | float) -> datetime:
    return DECIDED + timedelta(days=float(day))


def events(told: str) -> list[Outcome]:
    return [_event(number, one) for number, one in enumerate(told.split())]


def _event(number: int, written: str) -> Outcome:
    text, left_out = written.removesuffix("!"), written.endswith("!")
    text, _, known = text.partition(">")
    text, _, reason = text.partition(":")
    type, _, day = text.partition("@")
    assert type in get_args(OutcomeType)
    at: Any = type
    return Outcome(
        "ld_1", f"e{number}", at, moment(day), moment(known or day), reason or None, None, "sk_1", left_out=left_out
    )


def known(row: Row) -> list[Outcome]:
    return [one for one in events(row.told) if one.received_at <= moment(row.as_of)]


def orders(told: list[Outcome]) -> Iterable[tuple[Outcome, ...]]:
    return permutations(told)


def test_there_are_forty() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) == 40


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_what_an_order_of_events_comes_to(row: Row) -> None:
    for told in orders(known(row)):
        assert (state_of(told), teaches(told, AGREED)) == (row.state, row.teaches)
    for told in orders(events(row.told)):
        assert label(told, DECIDED, HORIZON, AGREED, moment(row.as_of)) == row.label


def test_five_thousand_orders_of_arrival_come_to_the_same() -> None:
    """250 leads of four to eight events, some at one moment, 20 orders each; some are told twice, and some are put
    right by a later one."""
    draw, types = Random(20_261_122), get_args(OutcomeType)
    seen, changed = 0, 0
    for lead in range(250):
        told = [drawn(draw, f"{lead}-{number}", types) for number in range(draw.randint(4, 8))]
        told += draw.sample(told, draw.randint(0, len(told)))
        results = set()
        for _ in range(20):
            order = draw.sample(told, len(told))
            as_of = moment(draw.choice([30, 60, 120]))
            results.add((state_of(order), teaches(order, AGREED)))
            labels = {label(some, DECIDED, HORIZON, AGREED, as_of) for some in (order, told)}
            assert len(labels) == 1
            changed += order != told
            seen += 1
        assert len(results) == 1
    assert (seen, changed > 4_900) == (5_000, True)


def drawn(draw: Random, event: str, types: tuple[OutcomeType, ...]) -> Outcome:
    type, day = draw.choice(types), draw.choice([1, 2, 2.5, 20, 80, 100])
    reason = draw.choice(list(AGREED)) if type in ("rejected", "lost") else None
    return Outcome("ld_1", event, type, moment(day), moment(day + draw.choice([0, 0, 15])), reason, None, "sk_1")

"""The same events in any order leave a lead in the same place: its state, who has it, whether the clock looks at it,
whether it comes back, and what training learns of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, get_args

import pytest
from sqlalchemy import select

from leads.lead import Outcome, OutcomeType
from leads.ledger import latest_decision, outcomes_of, tables
from leads.outcome import state_of, teaches
from serving.feedback.outcomes import tell
from tests.serving.office import SALES, Office, berlin, people
from tests.training.labels import label

MONDAY = berlin("2026-11-23T09:30")

REASONS = ("bad-fit", "bad-data", "not-now", "unreachable", "competitor", "other")
Kind = tuple[OutcomeType, str | None]
HAND_MADE: list[list[Kind]] = [
    [("rejected", "bad-fit"), ("lost", None)],
    [("rejected", "bad-fit"), ("converted", None), ("meeting", None)],
    [("rejected", "not-now"), ("accepted", None), ("lost", "competitor")],
    [("rejected", "bad-data"), ("reopened", None), ("contacted", None)],
    [("contacted", None), ("reopened", None)],
    [("lost", None), ("reopened", None)],
    [("lost", None), ("reopened", None), ("rejected", "other"), ("converted", None)],
    [("converted", None), ("lost", None), ("reopened", None), ("meeting", None)],
    [("rejected", "not-now"), ("rejected", "bad-data")],
    [("rejected", "bad-data"), ("rejected", "not-now")],
    [("rejected", "bad-fit"), ("reopened", None), ("lost", None)],
    [("rejected", "bad-fit"), ("reopened", None), ("rejected", "not-now")],
]
ALL_DAY = SALES.replace('"Mon-Fri 09:00-17:00"', '"Mon-Sun 00:00-24:00"')
DRAWN = 6


class Place(NamedTuple):
    """Where a lead stands, but for the moments at which it was told."""

    state: str
    teaches: bool
    label: object
    route: str
    owner: str | None
    answered: bool
    ended: bool
    next_step: str | None
    comes_back: Any


@pytest.fixture(params=["Eve", "nobody"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """With one person, whose day and night it is, or with nobody, so that leads wait in the queue."""
    team = ALL_DAY + (people("Eve") if request.param == "Eve" else "")
    opened = Office(f"sqlite:///{tmp_path / 'accord.db'}", MONDAY, team)
    yield opened
    opened.close()


def drawn(draw: Random) -> list[Kind]:
    types = [draw.choice(get_args(OutcomeType)) for _ in range(draw.randint(3, 6))]
    return [(type, draw.choice(REASONS) if type in ("rejected", "lost") else None) for type in types]


def test_any_order_leaves_a_lead_in_the_same_place(office: Office) -> None:
    """54 leads of each team."""
    draw = Random(20_261_122)
    for kinds in (*HAND_MADE, *(drawn(draw) for _ in range(DRAWN))):
        straight = list(range(len(kinds)))
        shuffled = draw.sample(straight * 2, len(kinds) * 2)  # each is told twice
        one_by_one = [place_after(office, kinds, [[one] for one in order]) for order in (straight, straight[::-1])]
        at_once = place_after(office, kinds, [shuffled[: len(kinds)], shuffled[len(kinds) :]])
        assert {*one_by_one, at_once} == {at_once}, kinds


def place_after(office: Office, kinds: Sequence[Kind], batches: Sequence[Sequence[int]]) -> Place:
    """Each event happened a minute after the one before; they are told in these batches."""
    lead = office.send()
    came, office.now = office.now, office.now + timedelta(minutes=len(kinds) + 1)
    for batch in batches:
        told = [_event(office, lead, number, kinds[number], came) for number in batch]
        assert {answer.wrong for answer in tell(office.intake, told)} == {None}
        office.now += timedelta(seconds=1)
    return place_of(office, lead)


def _event(office: Office, lead: str, number: int, kind: Kind, came: datetime) -> Outcome:
    at = came + timedelta(minutes=number + 1)
    return Outcome(lead, f"e{number}", kind[0], at, office.now, kind[1], None, office.key.id)


def place_of(office: Office, lead: str) -> Place:
    reasons, here = office.agreement.sales.reasons, tables.returns
    with office.ledger.reading() as connection:
        outcomes, decision = outcomes_of(connection, lead), latest_decision(connection, lead)
        back = connection.execute(select(here.c.reason).where(here.c.lead == lead)).scalars().all()
    assert decision is not None
    stands = office.stands(lead)
    after = office.now + timedelta(days=1)
    return Place(
        state_of(outcomes),
        teaches(outcomes, reasons),
        label(outcomes, decision.decided_at - timedelta(days=1), 1, reasons, after),
        decision.route,
        stands.owner,
        stands.answered_at is not None,
        stands.ended_at is not None,
        stands.next_step,
        tuple(back),
    )


@pytest.mark.parametrize("office", ["Eve"], indirect=True)
def test_a_rejection_that_is_put_right_ends_the_nurturing_and_mails_nobody(office: Office) -> None:
    lead = office.send()
    came, mails = office.now, []
    office.now += timedelta(minutes=10)
    for number, reason in enumerate(("bad-fit", "bad-data")):
        assert tell(office.intake, [_event(office, lead, number, ("rejected", reason), came)])[0].wrong is None
        office.now += timedelta(seconds=1)
        with office.ledger.reading() as connection:
            decision = latest_decision(connection, lead)
        assert decision is not None
        mails.append([message.mail_to for message in office.messages() if message.lead == lead])
        assert decision.route == ("nurture", "sales")[number]
    assert mails[0] == mails[1] == ["Eve@example.com"]
    assert office.stands(lead).ended_at is not None

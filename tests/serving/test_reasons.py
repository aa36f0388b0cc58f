"""What the reasons of the agreement do: who nurtures, what ends, and what comes back to sales under a clock that tests
move. 2026-11-20 is a Friday."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from leads.agreement import parse_agreement
from leads.lead import Outcome, OutcomeType
from leads.ledger import Connection, Story, decisions_by_id, due_returns, lead_story
from serving.feedback.outcomes import tell
from serving.feedback.returning import bring_back
from serving.feedback.telling import Told
from serving.rights.erasure import erase_people
from serving.upkeep import chores
from serving.views.timeline import timeline
from tests.serving.office import SALES, Office, berlin, people

TEN = "2026-11-20 10:00"
BACK = "2027-02-18 10:00"
"""Ninety days later."""
OWN = """
[sales.reasons]
budget-spent = { then = "again", after_days = 7 }
wrong-branch = { then = "end" }
bad-data = { label = false }
"""
T = TypeVar("T")
Opened = Callable[..., Office]


def opener(database: str) -> Iterator[Opened]:
    opened: list[Office] = []

    def start(*names: str, more: str = "") -> Office:
        opened.append(Office(database, berlin(TEN), SALES + people(*names) + more))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Opened]:
    yield from opener(f"sqlite:///{tmp_path / 'accord.db'}")


@pytest.fixture
def either(database: str) -> Iterator[Opened]:
    yield from opener(database)


def told(sales: Office, lead: str, kind: OutcomeType, reason: str | None = None, event: str | None = None) -> Told:
    [came] = tell(
        sales.intake, [Outcome(lead, event or uuid4().hex, kind, sales.now, sales.now, reason, None, sales.key.id)]
    )
    return came


def given_back(sales: Office, reason: str = "not-now", email: str | None = None) -> tuple[str, str | None]:
    """A lead that sales rejected, and who had it."""
    lead = sales.send(email)
    had = sales.owner(lead)
    assert told(sales, lead, "rejected", reason).wrong is None
    return lead, had


def story(sales: Office, lead: str) -> Story:
    found = lead_story(sales.ledger, lead)
    assert found is not None
    return found


def causes(sales: Office, lead: str) -> list[tuple[str, str]]:
    return [(one.cause, one.route) for one in story(sales, lead).decisions]


def test_not_now_comes_back_at_its_date_to_somebody_else(either: Opened) -> None:
    sales = either("anna", "bert")
    lead, had = given_back(sales)
    assert causes(sales, lead)[1:] == [("rejected", "nurture")]
    sales.now = berlin(BACK) - timedelta(seconds=1)
    assert bring_back(sales.intake) == 0
    sales.now = berlin(BACK)
    assert bring_back(sales.intake) == 1
    assert causes(sales, lead)[1:] == [("rejected", "nurture"), ("returned", "sales")]
    stands = sales.stands(lead)
    assert {stands.owner, had} == {"anna", "bert"}
    assert (stands.owned_before, stands.answered_at, stands.ended_at) == ((had,), None, None)
    assert stands.respond_by == berlin("2027-02-18 10:15")
    assert bring_back(sales.intake) == 0
    newest = story(sales, lead).decisions[-1]
    assert newest.note == "not-now: the time for which sales gave it back is over"
    [mailed] = [one for one in sales.messages("lead.decided") if '"returned"' in str(one.payload) or one.mail_to][-1:]
    assert mailed.mail_to == f"{stands.owner}@example.com"
    assert "It comes back to sales (not-now: " in mailed.payload
    lines = "\n".join(timeline(story(sales, lead), [], sales.agreement, sales.now))
    assert f"Back at sales: sales ({stands.owner})" in lines
    assert "Outcome: rejected (not-now)" in lines
    assert "Outcome: reopened (not-now)" in lines


def test_it_never_comes_back_to_any_of_those_who_gave_it_back(office: Opened) -> None:
    sales = office("anna", "bert", "carl")
    lead, first = given_back(sales)
    sales.now = berlin(BACK)
    bring_back(sales.intake)
    second = sales.owner(lead)
    sales.now += timedelta(minutes=5)
    assert told(sales, lead, "rejected", "not-now").wrong is None
    sales.now += timedelta(days=91)  # the clocks went forward meanwhile
    bring_back(sales.intake)
    assert {first, second, sales.owner(lead)} == {"anna", "bert", "carl"}
    assert sales.stands(lead).owned_before == (first, second)


def test_outside_of_hours_it_waits_in_the_queue_and_not_for_who_gave_it_back(office: Opened) -> None:
    sales = office("anna", "bert")
    lead, had = given_back(sales)
    sales.now = berlin("2027-02-20 10:00")  # a Saturday
    bring_back(sales.intake)
    assert sales.owner(lead) is None
    assert sales.stands(lead).respond_by == berlin("2027-02-22 09:15")
    sales.at("2027-02-22 09:00")
    assert {sales.owner(lead), had} == {"anna", "bert"}


@pytest.mark.parametrize(
    ("reason", "after"),
    [
        ("bad-fit", [("rejected", "nurture")]),
        ("unreachable", [("rejected", "nurture")]),
        ("other", [("rejected", "nurture")]),
        ("not-now", [("rejected", "nurture")]),
        ("bad-data", []),
        ("duplicate", []),
        ("competitor", []),
    ],
)
def test_what_becomes_of_a_rejected_lead(office: Opened, reason: str, after: list[tuple[str, str]]) -> None:
    sales = office("anna", "bert")
    lead, _ = given_back(sales, reason)
    assert causes(sales, lead)[1:] == after
    assert sales.stands(lead).ended_at is not None
    sales.now += timedelta(days=4000)
    assert bring_back(sales.intake) == (1 if reason == "not-now" else 0)


def test_the_agreement_has_reasons_of_its_own(office: Opened) -> None:
    sales = office("anna", "bert", more=OWN)
    lead, _ = given_back(sales, "budget-spent")
    ended, _ = given_back(sales, "wrong-branch")
    refused = told(sales, sales.send(), "rejected", "not-now").wrong
    assert refused is not None
    assert (refused.code, refused.field) == ("value", "reason")
    assert refused.detail == "reason must be one that the agreement names: budget-spent, wrong-branch, bad-data."
    assert told(sales, sales.send(), "lost", "nonsense").wrong is not None
    without = told(sales, sales.send(), "rejected").wrong
    assert without is not None
    assert (without.code, without.field) == ("required", "reason")
    assert causes(sales, ended)[1:] == []
    sales.now += timedelta(days=7)
    assert bring_back(sales.intake) == 1
    assert causes(sales, lead)[-1] == ("returned", "sales")


@pytest.mark.parametrize("kind", ["reopened", "converted", "lost", "rejected"])
def test_what_sales_tells_later_takes_the_date_back(office: Opened, kind: OutcomeType) -> None:
    sales = office("anna", "bert")
    lead, had = given_back(sales)
    sales.now += timedelta(days=1)
    assert told(sales, lead, kind, "bad-fit" if kind == "rejected" else None).wrong is None
    sales.now = berlin(BACK) + timedelta(days=2)
    assert bring_back(sales.intake) == 0
    assert "returned" not in dict(causes(sales, lead))
    assert sales.owner(lead) == had


def test_a_rejection_that_is_told_late_counts_from_when_it_was(office: Opened) -> None:
    sales = office("anna", "bert")
    lead = sales.send()
    rejected = Outcome(lead, "late", "rejected", sales.now, sales.now + timedelta(days=100), "not-now", None, None)
    sales.now += timedelta(days=100)
    assert tell(sales.intake, [rejected])[0].wrong is None
    sales.now += timedelta(seconds=30)
    assert bring_back(sales.intake) == 1
    assert causes(sales, lead)[-1] == ("returned", "sales")


def test_an_event_that_is_told_late_leaves_a_lead_that_came_back_alone(office: Opened) -> None:
    sales = office("anna", "bert")
    lead, _ = given_back(sales)
    before = sales.now + timedelta(seconds=1)
    sales.now = berlin(BACK)
    bring_back(sales.intake)
    stands = sales.stands(lead)
    sales.now += timedelta(minutes=1)
    late = Outcome(lead, "late", "rejected", before, sales.now, "other", None, sales.key.id)
    assert tell(sales.intake, [late])[0].state == "open"
    assert sales.stands(lead) == stands
    assert len(story(sales, lead).decisions) == 3


def test_a_lead_that_sales_has_again_by_then_stays_with_its_owner(office: Opened) -> None:
    """It sent another form meanwhile."""
    sales = office("anna", "bert")
    lead, _ = given_back(sales, email="jane@steel.example")
    sales.now += timedelta(days=3)
    assert sales.send("jane@steel.example") == lead
    stands = sales.stands(lead)
    sales.now = berlin(BACK)
    bring_back(sales.intake)
    assert [cause for cause, _ in causes(sales, lead)] == ["submission", "rejected", "submission"]
    assert sales.owner(lead) == stands.owner


def test_an_erased_lead_does_not_come_back(office: Opened, tmp_path: Path) -> None:
    sales = office("anna", "bert")
    lead, _ = given_back(sales)

    def in_a_transaction(work: Callable[[Connection], T]) -> T:
        with sales.ledger.transaction() as connection:
            return work(connection)

    erase_people(in_a_transaction, tmp_path, (), [lead])
    with sales.ledger.reading() as connection:
        assert due_returns(connection, berlin(BACK), 10) == []
    sales.now = berlin(BACK)
    assert bring_back(sales.intake) == 0
    assert lead_story(sales.ledger, lead) is None


def test_many_may_bring_it_back_at_once(either: Opened) -> None:
    sales = either("anna", "bert")
    leads = [given_back(sales)[0] for _ in range(5)]
    sales.now = berlin(BACK)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: bring_back(sales.intake), range(8))) == 5
    for lead in leads:
        assert [cause for cause, _ in causes(sales, lead)] == ["submission", "rejected", "returned"]
        assert sales.kinds(lead).count("assigned") == 2
        with sales.ledger.reading() as connection:
            decided = decisions_by_id(connection, [sales.stands(lead).decision])
        assert [one.cause for one in decided.values()] == ["returned"]


def test_a_serving_process_brings_them_back_by_itself(office: Opened) -> None:
    sales = office("anna", "bert")
    lead, _ = given_back(sales)
    sales.now = berlin(BACK)
    [chore] = [chore for chore in chores(sales.intake) if chore.name == "bring leads back to sales"]
    chore.work()
    assert causes(sales, lead)[-1] == ("returned", "sales")


def test_the_usual_reasons_are_those_of_an_agreement_that_names_none() -> None:
    usual = parse_agreement("[goal]\nwithin_days = 90\nvalue = 1.0\n").sales.reasons
    assert list(usual) == ["bad-fit", "bad-data", "unreachable", "not-now", "duplicate", "competitor", "other"]
    assert [name for name, reason in usual.items() if not reason.label] == ["bad-data", "duplicate", "competitor"]

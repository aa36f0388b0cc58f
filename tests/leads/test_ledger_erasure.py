"""Forgetting people in the ledger itself, on both databases."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, insert, select

from leads.lead import Announcement, Submission
from leads.ledger import (
    Attempt,
    Forgotten,
    Lease,
    Ledger,
    Verdict,
    add_receiver,
    adopt_agreement,
    claim,
    create_key,
    decided_submission,
    erase,
    erase_again,
    erase_leads,
    expired,
    forgotten,
    lead_story,
    object_,
    objects,
    open_ledger,
    record,
    tables,
    vacuum,
)
from leads.ledger.outbox import post
from tests.leads.conftest import MOMENT, digest, entered, entry, sending, submitted

NOW = MOMENT + timedelta(days=1)
JANE, JOHN, OFFICE = digest("jane"), digest("john"), digest("office")


def sent_by(ledger: Ledger, key: str, agreement: int, *people: str, token: str = "") -> str:
    return entered(ledger, entry(sending(key, token or "".join(people)), agreement, people)).lead


def erased(ledger: Ledger, people: list[str], leads: list[str] | None = None, at: datetime = NOW) -> list[Forgotten]:
    kept: list[Forgotten] = []
    with ledger.transaction() as connection:
        erase(connection, people, leads or [], at, kept.extend)
    return kept


def rows(ledger: Ledger) -> dict[str, int]:
    with ledger.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_nothing_that_hangs_on_a_lead_outlives_it(ledger: Ledger, agreement: int, key: str) -> None:
    with ledger.transaction() as connection:
        add_receiver(connection, "https://crm.example/hook", MOMENT)
    before = rows(ledger)
    lead = sent_by(ledger, key, agreement, JANE, OFFICE)
    with ledger.transaction() as connection:
        mail = Announcement("lead.decided", MOMENT, {}, ("desk@example.com",), {"subject": "a lead"})
        post(connection, mail, lead, None)
        message = connection.scalars(select(tables.messages.c.id)).first()
        attempt = {"message": message, "at": MOMENT, "status": 500, "error": None, "seconds": 0.1}
        connection.execute(insert(tables.attempts), attempt)
        object_(connection, [JANE], True)
    filled = {name for name, count in rows(ledger).items() if count > before[name]}
    assert filled == {
        "leads",
        "identities",
        "submissions",
        "answers",
        "decisions",
        "messages",
        "attempts",
        "objections",
    }
    erased(ledger, [JANE])
    left = {name: count - before[name] for name, count in rows(ledger).items() if count != before[name]}
    assert left == {"erasures": 2, "messages": 1}  # the person and the lead; and the receiver is told


def test_others_stay_also_those_who_share_a_number(ledger: Ledger, agreement: int, key: str) -> None:
    jane = sent_by(ledger, key, agreement, JANE, OFFICE)
    john = sent_by(ledger, key, agreement, JOHN, OFFICE)
    erased(ledger, [JANE])
    assert lead_story(ledger, jane) is None
    assert lead_story(ledger, john) is not None
    erased(ledger, [OFFICE])
    assert lead_story(ledger, john) is None


def test_an_unknown_person_and_a_second_time_change_nothing_but_the_list(
    ledger: Ledger, agreement: int, key: str
) -> None:
    john = sent_by(ledger, key, agreement, JOHN)
    assert [one.name for one in erased(ledger, [JANE])] == [JANE]
    erased(ledger, [JANE], at=NOW + timedelta(hours=1))
    assert forgotten(ledger) == {JANE}
    assert lead_story(ledger, john) is not None


def test_a_lead_without_a_name_is_erased_by_its_id(ledger: Ledger, agreement: int, key: str) -> None:
    lead = sent_by(ledger, key, agreement, token="nobody")
    assert [one.name for one in erased(ledger, [], [lead])] == [lead]
    assert lead_story(ledger, lead) is None


def test_what_is_not_kept_elsewhere_is_not_erased(ledger: Ledger, agreement: int, key: str) -> None:
    lead = sent_by(ledger, key, agreement, JANE)

    def full(_: object) -> None:
        raise OSError("no room left")

    with pytest.raises(OSError, match="no room"), ledger.transaction() as connection:
        erase(connection, [JANE], [], NOW, full)
    assert lead_story(ledger, lead) is not None
    assert forgotten(ledger) == frozenset()


def test_a_person_who_comes_back_is_another_lead_and_stays(ledger: Ledger, agreement: int, key: str) -> None:
    first = sent_by(ledger, key, agreement, JANE)
    kept = erased(ledger, [JANE], at=MOMENT - timedelta(seconds=1))
    again = sent_by(ledger, key, agreement, JANE, token="later")
    assert again != first
    with ledger.transaction() as connection:
        assert erase_again(connection, kept).leads == 0
    assert lead_story(ledger, again) is not None


def test_a_form_that_arrives_during_the_erasure_is_a_new_lead(ledger: Ledger, agreement: int, key: str) -> None:
    first = sent_by(ledger, key, agreement, JANE)
    with ThreadPoolExecutor(1) as thread:
        with ledger.transaction() as connection:
            erase(connection, [JANE], [], NOW, lambda names: None)
            later = thread.submit(sent_by, ledger, key, agreement, JANE, token="meanwhile")
            time.sleep(0.3)
            assert not later.done()
        assert later.result() != first
    assert lead_story(ledger, later.result()) is not None


def test_who_comes_back_with_an_older_ledger_is_erased_again(ledger: Ledger, agreement: int, key: str) -> None:
    jane, nameless = sent_by(ledger, key, agreement, JANE), sent_by(ledger, key, agreement, token="nobody")
    john = sent_by(ledger, key, agreement, JOHN, OFFICE)
    # As the file tells it that stood beside a ledger which has forgotten them.
    names = [Forgotten(JANE, NOW), Forgotten(nameless, NOW)]
    with ledger.transaction() as connection:
        assert erase_again(connection, names).leads == 2
        assert erase_again(connection, names).leads == 0
    assert (lead_story(ledger, jane), lead_story(ledger, nameless)) == (None, None)
    assert lead_story(ledger, john) is not None
    assert forgotten(ledger) == {JANE, nameless}


def test_who_gives_an_erased_number_later_was_not_brought_back(ledger: Ledger, agreement: int, key: str) -> None:
    john = sent_by(ledger, key, agreement, JOHN)
    kept = erased(ledger, [OFFICE])

    def later(lead: str) -> Submission:
        return replace(submitted(key, lead), received_at=NOW + timedelta(hours=1))

    entered(ledger, entry(sending(key, "later"), agreement, [JOHN, OFFICE], later))
    with ledger.transaction() as connection:
        assert erase_again(connection, kept).leads == 0
    assert lead_story(ledger, john) is not None


def test_an_objection_goes_with_the_person(ledger: Ledger, agreement: int, key: str) -> None:
    sent_by(ledger, key, agreement, JANE)
    with ledger.transaction() as connection:
        object_(connection, [JANE], True)
        assert objects(connection, [JANE])
    erased(ledger, [JANE])
    with ledger.reading() as connection:
        assert not objects(connection, [JANE])


def test_only_receivers_that_got_something_are_told_and_only_the_id(ledger: Ledger, agreement: int, key: str) -> None:
    with ledger.transaction() as connection:
        reached, _ = add_receiver(connection, "https://one.example/hook", MOMENT)
        waiting, _ = add_receiver(connection, "https://two.example/hook", MOMENT)
    lead = sent_by(ledger, key, agreement, JANE)
    with ledger.transaction() as connection:
        (taken,) = claim(connection, {reached: 1}, Lease("worker", NOW, NOW + timedelta(minutes=1)), ())
    erased(ledger, [JANE])
    with ledger.reading() as connection:
        here = tables.messages
        left = connection.execute(select(here.c.receiver, here.c.event, here.c.lead, here.c.payload)).all()
    assert [(row.receiver, row.event, row.lead) for row in left] == [(reached, "lead.erased", None)]
    assert json.loads(left[0].payload)["data"] == {"lead": lead}
    # The delivery that was under way ends: its message is gone, and that is no failure.
    with ledger.transaction() as connection:
        record(connection, taken.message, "worker", Attempt(NOW, 200, None, 0.1), Verdict("delivered", NOW))
        assert connection.execute(select(func.count()).select_from(tables.attempts)).scalar_one() == 0
    assert waiting != reached


def test_leads_that_sent_nothing_for_long_are_found_and_their_receivers_are_left_alone(
    ledger: Ledger, agreement: int, key: str
) -> None:
    with ledger.transaction() as connection:
        receiver, _ = add_receiver(connection, "https://one.example/hook", MOMENT)
    old, back = sent_by(ledger, key, agreement, JANE), sent_by(ledger, key, agreement, JOHN)
    with ledger.transaction() as connection:
        claim(connection, {receiver: 9}, Lease("worker", NOW, NOW + timedelta(minutes=1)), ())
        submission = decided_submission(connection, back)
        assert submission is not None
        later = tables.submissions.update().where(tables.submissions.c.id == submission.id)
        connection.execute(later.values(received_at=NOW, submitted_at=NOW))
        assert expired(connection, MOMENT + timedelta(hours=1)) == [old]
        assert expired(connection, MOMENT) == []
        assert erase_leads(connection, [old], NOW, tell=False).told == 0
    assert lead_story(ledger, old) is None
    assert forgotten(ledger) == frozenset()


@pytest.mark.parametrize("full", [False, True], ids=["plain", "full"])
def test_the_room_of_erased_rows_can_be_given_back(postgres: str, full: bool) -> None:
    opened = open_ledger(postgres, serving=True)
    agreement, key = adopt_agreement(opened, "text", "a" * 64), create_key(opened, "sk")[:11]
    sent_by(opened, key, agreement, JANE)
    erased(opened, [JANE])
    vacuum(opened, full)
    sent_by(opened, key, agreement, JANE, token="later")
    opened.close()


def test_many_people_are_erased_at_once(ledger: Ledger, agreement: int, key: str) -> None:
    people = [digest(str(number)) for number in range(700)]
    with ledger.transaction() as connection:
        for person in people:
            made = {"id": f"ld_{person[:36]}", "arrived_at": MOMENT, "person": person}
            connection.execute(insert(tables.leads), made)
            connection.execute(insert(tables.identities), {"digest": person, "lead": made["id"]})
    with ledger.transaction() as connection:
        done = erase(connection, people, [], datetime.now(UTC), partial(len))
    assert done.leads == 700
    assert rows(ledger)["leads"] == 0

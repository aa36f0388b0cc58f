"""Who is the same person, which answer was given before, and who objected."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leads.lead import Announcement
from leads.ledger import (
    Answer,
    Ledger,
    OtherBody,
    Sending,
    answer_given,
    create_key,
    digests,
    forget_old_answers,
    lead_story,
    leads_of,
    object_,
    objects,
    open_ledger,
)
from leads.ledger.entry import KEPT
from leads.person import identities, identities_of_text, normal_email, normal_phone
from tests.leads.conftest import digest, entered, entry, sending
from tests.leads.test_ledger import count


def given(ledger: Ledger, sent: Sending) -> Answer | None:
    with ledger.reading() as connection:
        return answer_given(connection, sent)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Jane.Doe@Example.com", "jane.doe@example.com"),
        ("  jane@example.com\n", "jane@example.com"),
        ("jane+fair@example.com", "jane@example.com"),
        ("+jane@example.com", "+jane@example.com"),
        ("j.a.n.e+x@GoogleMail.com", "jane@gmail.com"),
        ("j.ane@example.com", "j.ane@example.com"),
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example"),
        ("jane@BÜCHER.example", "jane@xn--bcher-kva.example"),
        ("STRASSE@example.com", "strasse@example.com"),
    ],
)
def test_an_address_is_known_however_it_is_written(written: str, normal: str) -> None:
    assert normal_email(written) == normal


def test_a_look_alike_domain_is_somebody_else() -> None:
    latin, cyrillic = "jane@example.com", "jane@ex\u0430mple.com"
    assert normal_email(cyrillic) != normal_email(latin)
    assert normal_email(cyrillic).isascii()


def test_a_number_is_known_by_its_digits() -> None:
    assert normal_phone("+44 (20) 7946-0000") == normal_phone("0044 20 79460000") == "442079460000"


def test_people_can_be_asked_for_by_address_or_number() -> None:
    assert identities_of_text(" Jane+x@Example.com ") == ("email:jane@example.com",)
    assert identities_of_text("+44 20 7946 0000") == ("phone:442079460000",)
    assert identities_of_text("Jane") == ()
    assert identities({}, {}) == ()


def test_the_same_person_is_the_same_lead_and_others_are_others(ledger: Ledger, agreement: int, key: str) -> None:
    def sent_by(*written: str) -> str:
        people = digests(ledger, [name for text in written for name in identities_of_text(text)])
        return entered(ledger, entry(sending(key), agreement, people)).lead

    jane = sent_by("jane@example.com", "+44 20 7946 0000")
    assert sent_by("Jane+again@Example.com") == jane
    assert sent_by("john@example.com", "+44 20 7946 0000") != jane  # colleagues share numbers
    assert sent_by() != sent_by()  # who names nobody is never taken for another
    with ledger.reading() as connection:
        assert leads_of(connection, digests(ledger, identities_of_text("jane@example.com"))) == [jane]
        assert len(leads_of(connection, digests(ledger, identities_of_text("+44 20 7946 0000")))) == 2
    story = lead_story(ledger, jane)
    assert story is not None
    assert len(story.submissions) == 2


def test_no_address_can_be_read_from_what_the_ledger_keeps_to_know_people(database: str) -> None:
    first = open_ledger(database)
    digested = digests(first, identities_of_text("jane@example.com"))
    assert digested != (digest("email:jane@example.com"),)  # nobody can try addresses without the salt
    first.close()
    again = open_ledger(database)
    assert digests(again, identities_of_text("jane@example.com")) == digested
    again.close()


def test_processes_that_meet_the_same_new_people_at_once_agree(database: str) -> None:
    ledgers = [open_ledger(database) for _ in range(4)]
    number, key = 1, create_key(ledgers[0], "sk")[:11]
    with ledgers[0].transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO agreements (number, digest, text, written_at) VALUES (1, 'd', 'text', '2026-11-23 09:15:00')"
        )

    def send(place: int) -> tuple[int, str]:
        person = place // 4 % 10
        made = entry(sending(key), number, [digest(f"person {person}"), digest("the office's number")])
        return person, entered(ledgers[place % 4], made).lead

    with ThreadPoolExecutor(8) as threads:
        met = set(threads.map(send, range(80)))
    assert len(met) == 10
    assert count(ledgers[0], "leads") == 10
    assert count(ledgers[0], "decisions") == 80
    for each in ledgers:
        each.close()


def test_the_same_sending_is_answered_alike_and_stored_once(ledger: Ledger, agreement: int, key: str) -> None:
    first = entered(ledger, entry(sending(key, "token"), agreement))
    assert (first.status, first.replayed) == (201, False)
    again = Answer(first.status, first.body, first.lead, replayed=True)
    assert entered(ledger, entry(sending(key, "token"), agreement)) == again
    assert given(ledger, sending(key, "token")) == again
    assert count(ledger, "decisions") == 1


def test_the_same_token_for_something_else_is_refused(ledger: Ledger, agreement: int, key: str) -> None:
    entered(ledger, entry(sending(key, "token"), agreement))
    with pytest.raises(OtherBody):
        entered(ledger, entry(sending(key, "token", "another body"), agreement))
    with pytest.raises(OtherBody):
        given(ledger, sending(key, "token", "another body"))
    assert count(ledger, "decisions") == 1


def test_tokens_of_two_keys_are_two_tokens_and_none_is_none(ledger: Ledger, agreement: int, key: str) -> None:
    other = create_key(ledger, "sk")[:11]
    made = [
        entry(sending(which, token), agreement) for which, token in ((key, "t"), (other, "t"), (key, None), (key, None))
    ]
    assert len({entered(ledger, each).lead for each in made}) == 4
    assert given(ledger, sending(key)) is None


def test_what_was_refused_burns_no_token(ledger: Ledger, agreement: int, key: str) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        entered(ledger, entry(sending(key, "token"), 99))
    assert given(ledger, sending(key, "token")) is None
    assert entered(ledger, entry(sending(key, "token"), agreement)).replayed is False


def test_processes_that_get_the_same_sending_at_once_store_it_once(
    ledger: Ledger, database: str, agreement: int, key: str
) -> None:
    others = [open_ledger(database) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda place: entered(others[place % 4], entry(sending(key, "token"), agreement)), range(16))
        )
    assert len({answer.body for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert count(ledger, "decisions") == 1
    for each in others:
        each.close()


def test_answers_are_kept_for_a_month(ledger: Ledger, agreement: int, key: str) -> None:
    entered(ledger, entry(sending(key, "token"), agreement))
    with ledger.transaction() as connection:
        assert forget_old_answers(connection, datetime.now(UTC) + KEPT - timedelta(minutes=1)) == 0
        assert forget_old_answers(connection, datetime.now(UTC) + KEPT + timedelta(minutes=1)) == 1
    assert given(ledger, sending(key, "token")) is None


def test_the_last_word_on_being_scored_counts(ledger: Ledger) -> None:
    people = [digest("jane")]
    with ledger.transaction() as connection:
        assert objects(connection, people) is False
        object_(connection, people, True)
        assert objects(connection, people) is True
        assert objects(connection, [digest("john")]) is False
        object_(connection, people, False)
        assert objects(connection, people) is False


def test_what_was_said_of_a_shared_number_does_not_undo_a_persons_own_word(ledger: Ledger) -> None:
    carl, number = digest("carl"), digest("number")
    with ledger.transaction() as connection:
        object_(connection, [carl, number], True)
        object_(connection, [number], False)
        assert objects(connection, [carl, number]) is True
        assert objects(connection, [digest("dora"), number]) is False


def test_a_lead_that_is_announced_wrongly_is_not_stored(ledger: Ledger, agreement: int, key: str) -> None:
    """All of it, or none: also what is told to the outside."""

    def fails(*_: object) -> Announcement:
        raise RuntimeError("no words")

    with pytest.raises(RuntimeError, match="no words"):
        entered(ledger, replace(entry(sending(key), agreement), announce=fails))
    assert (count(ledger, "leads"), count(ledger, "decisions")) == (0, 0)

"""The ledger on SQLite and on PostgreSQL: what is entered comes back, exactly."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from leads.lead import decision_id, lead_id
from leads.ledger import (
    Ledger,
    LedgerUnavailable,
    Stale,
    adopt_agreement,
    agreement_in_force,
    agreement_text,
    bundles,
    champion,
    decision_by_id,
    decisions_by_id,
    lead_story,
    leads_ending_in,
    load_bundle,
    open_ledger,
    promote,
    promotions,
    save_bundle,
    settle_agreement,
    submissions_by_id,
)
from leads.refusal import Refusal
from tests.leads.conftest import MOMENT, decided, digest, entered, entry, sending, submitted


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Where only SQLite is meant."""
    return f"sqlite:///{tmp_path / 'file' / 'accord.db'}"


def test_a_decision_is_read_back_exactly_as_it_was_made(ledger: Ledger, agreement: int, key: str) -> None:
    submission = submitted(key, lead_id())
    decision = decided(agreement, submission)
    made = entry(
        sending(key),
        agreement,
        submission=lambda lead: replace(submission, lead=lead),
        decide=lambda given: replace(decision, lead=given.lead),
    )
    lead = entered(ledger, made).lead
    assert decision_by_id(ledger, decision.id) == replace(decision, lead=lead)
    story = lead_story(ledger, lead)
    assert story is not None
    assert story.submissions == (replace(submission, lead=lead),)
    assert story.decisions == (replace(decision, lead=lead),)
    assert story.arrived_at == MOMENT


def test_many_are_read_at_once_and_leads_are_found_by_the_end_of_their_id(
    ledger: Ledger, agreement: int, key: str
) -> None:
    first, second = (entered(ledger, entry(sending(key), agreement)).lead for _ in range(2))
    stories = [lead_story(ledger, lead) for lead in (first, second)]
    decisions = [story.decisions[0] for story in stories if story is not None]
    submissions = [story.submissions[0] for story in stories if story is not None]
    with ledger.reading() as connection:
        assert decisions_by_id(connection, [one.id for one in decisions]) == {one.id: one for one in decisions}
        assert submissions_by_id(connection, [one.id for one in submissions]) == {one.id: one for one in submissions}
        assert decisions_by_id(connection, []) == submissions_by_id(connection, []) == {}
        assert leads_ending_in(connection, first[-12:], 5) == [first]
        assert leads_ending_in(connection, first, 5) == [first]
        assert leads_ending_in(connection, "%", 5) == []


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert decision_by_id(ledger, decision_id()) is None
    assert lead_story(ledger, lead_id()) is None
    assert agreement_in_force(ledger) is None
    assert champion(ledger) is None


def test_a_lead_that_sends_twice_has_one_story_in_order(ledger: Ledger, agreement: int, key: str) -> None:
    for minutes in (1, 0):
        at = MOMENT + timedelta(minutes=minutes)
        lead = entered(
            ledger,
            entry(sending(key), agreement, [digest("jane")], decide=lambda sent, at=at: decided(agreement, sent, at)),
        ).lead
    story = lead_story(ledger, lead)
    assert story is not None
    assert len(story.submissions) == 2
    assert [decision.decided_at for decision in story.decisions] == [MOMENT, MOMENT + timedelta(minutes=1)]


def test_times_of_any_zone_come_back_as_the_same_moment_in_utc(ledger: Ledger, agreement: int, key: str) -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    lead = entered(ledger, entry(sending(key), agreement, decide=lambda sent: decided(agreement, sent, local))).lead
    story = lead_story(ledger, lead)
    assert story is not None
    assert story.decisions[0].decided_at == MOMENT
    assert story.decisions[0].decided_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused_and_nothing_is_written(ledger: Ledger, agreement: int, key: str) -> None:
    bare = MOMENT.replace(tzinfo=None)
    with pytest.raises(Exception, match="zone"):
        entered(ledger, entry(sending(key), agreement, decide=lambda sent: decided(agreement, sent, bare)))
    assert count(ledger, "leads") == 0


def test_a_decision_without_its_agreement_takes_the_submission_with_it(ledger: Ledger, key: str) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        entered(ledger, entry(sending(key), 99))
    assert (count(ledger, "leads"), count(ledger, "submissions")) == (0, 0)


def test_an_error_never_repeats_what_a_lead_wrote(ledger: Ledger, key: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever it is, it may not tell
        entered(ledger, entry(sending(key), 99))
    assert "jane@example.com" not in str(caught.value)


def test_many_threads_enter_at_once(ledger: Ledger, agreement: int, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda _: entered(ledger, entry(sending(key), agreement)), range(60)))
    assert all(lead_story(ledger, answer.lead) for answer in given)
    assert count(ledger, "decisions") == 60


def count(ledger: Ledger, table: str) -> int:
    with ledger.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608  # a test's word


def test_the_file_is_kept_as_a_durable_write_ahead_log(file: str) -> None:
    ledger = open_ledger(file)
    with ledger.reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    ledger.close()
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_ledger_that_another_process_holds_is_unavailable_and_works_again_after(file: str) -> None:
    ledger = open_ledger(file)
    other = sqlite3.connect(file.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="locked"):
        ledger.check()
    other.execute("ROLLBACK")
    other.close()
    ledger.check()
    ledger.close()


def test_equal_agreements_keep_their_number_and_the_newest_adoption_is_in_force(ledger: Ledger) -> None:
    assert adopt_agreement(ledger, "one", "1" * 64) == 1
    assert adopt_agreement(ledger, "two", "2" * 64) == 2
    assert agreement_in_force(ledger) == (2, "two")
    assert adopt_agreement(ledger, "one, laid out anew", "1" * 64) == 1
    assert agreement_in_force(ledger) == (1, "one")
    assert agreement_text(ledger, 2) == "two"
    assert agreement_text(ledger, 3) is None


def test_a_changed_agreement_is_taken_only_while_nothing_was_decided(ledger: Ledger, key: str) -> None:
    assert settle_agreement(ledger, "one", "1" * 64) == (1, "one")
    assert settle_agreement(ledger, "two", "2" * 64) == (2, "two")
    entered(ledger, entry(sending(key), 2))
    assert settle_agreement(ledger, "three", "3" * 64) == (2, "two")
    assert settle_agreement(ledger, "two", "2" * 64) == (2, "two")


def test_bundles_are_numbered_and_come_back_byte_for_byte(ledger: Ledger) -> None:
    data = bytes(range(256)) * 40
    assert save_bundle(ledger, data, {"kind": "blend", "rows": 900}) == 1
    assert save_bundle(ledger, data, {"kind": "blend", "rows": 901}) == 2
    saved = load_bundle(ledger, 2)
    assert saved.data == data
    assert saved.facts == {"kind": "blend", "rows": 901}
    assert [(entry.number, entry.sha256) for entry in bundles(ledger)] == [(1, saved.sha256), (2, saved.sha256)]


def test_an_unknown_bundle_is_refused_with_those_that_exist(ledger: Ledger) -> None:
    with pytest.raises(Refusal, match="accord train"):
        load_bundle(ledger, 1)
    save_bundle(ledger, b"one", {})
    with pytest.raises(Refusal, match=r"There is no model 9: there is model 1\."):
        promote(ledger, 9, None, "by hand")
    save_bundle(ledger, b"two", {})
    with pytest.raises(Refusal, match=r"there are models 1, 2\."):
        load_bundle(ledger, 9)


def test_a_promotion_on_old_knowledge_changes_nothing(ledger: Ledger) -> None:
    for data in (b"one", b"two"):
        save_bundle(ledger, data, {})
    promote(ledger, 1, None, "the first")
    with pytest.raises(Stale, match="now model 1 serves"):
        promote(ledger, 2, None, "the first too")
    promote(ledger, 2, 1, "better")
    with pytest.raises(Stale):
        promote(ledger, 1, 1, "too late")
    assert champion(ledger) == 2
    assert [(past.bundle, past.replaced, past.reason) for past in promotions(ledger)] == [
        (1, None, "the first"),
        (2, 1, "better"),
    ]


def test_of_many_promotions_at_once_exactly_one_wins(database: str) -> None:
    ledgers = [open_ledger(database) for _ in range(6)]
    for place in range(6):
        save_bundle(ledgers[0], bytes([place]), {})

    def tried(place: int) -> bool:
        try:
            promote(ledgers[place], place + 1, None, "race")
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(tried, range(6))) == 1
    assert len(promotions(ledgers[0])) == 1
    for ledger in ledgers:
        ledger.close()


def test_a_ledger_can_be_opened_again_and_by_two_processes_at_once(ledger: Ledger, database: str) -> None:
    adopt_agreement(ledger, "text", "a" * 64)
    again = open_ledger(database)
    assert agreement_in_force(again) == (1, "text")
    again.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite://", "would lose leads"),
        ("sqlite:///:memory:", "would lose leads"),
        ("sqlite:////proc/nowhere/accord.db", "ACCORD_DATABASE_URL"),
        ("not a url", "ACCORD_DATABASE_URL"),
        ("nosuchdatabase://host/accord", "SQLite or PostgreSQL, not in nosuchdatabase"),
    ],
)
def test_a_place_that_cannot_hold_a_ledger_is_refused_with_the_remedy(url: str, told: str) -> None:
    with pytest.raises(Refusal, match=told):
        open_ledger(url)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "accord.db"
    path.write_text("a letter, not a database " * 100)
    with pytest.raises(Refusal, match="not a database"):
        open_ledger(f"sqlite:///{path}")
    assert path.read_text().startswith("a letter")

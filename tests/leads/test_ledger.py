from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from sqlite3 import connect

import pytest

from leads.lead import Contribution, Decision, Score, Submission, decision_id, lead_id, submission_id
from leads.ledger import (
    Ledger,
    LedgerUnavailable,
    Stale,
    adopt_agreement,
    agreement_in_force,
    agreement_text,
    bundles,
    champion,
    create_key,
    decision_by_id,
    lead_story,
    load_bundle,
    open_ledger,
    promote,
    promotions,
    record,
    save_bundle,
    settle_agreement,
)
from leads.refusal import Refusal

MOMENT = datetime(2026, 11, 23, 9, 15, 0, 123456, UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'accord.db'}"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = open_ledger(url)
    yield opened
    opened.close()


def sending(key: str | None = None, lead: str | None = None) -> Submission:
    form = {"email": "jane@example.com", "budget": 12.5, "agreed": True, "message": None, "name": "Zoë 🙂"}
    return Submission(submission_id(), lead or lead_id(), MOMENT, form, key)


def deciding(submission: Submission, agreement: int, at: datetime = MOMENT) -> Decision:
    reasons = (Contribution("email_free_mail", "email", "E-mail: free-mail address: no", 0.25),)
    score = Score(0.1 + 0.2, -0.8472978603872034, -1.1, reasons, "trees", "conversion/7", 0.03)
    return Decision(
        id=decision_id(),
        lead=submission.lead,
        submission=submission.id,
        decided_at=at,
        score=score,
        horizon_days=120,
        band="A",
        route="sales",
        owner="sales",
        respond_by=at + timedelta(minutes=15),
        agreement=agreement,
        price=None,
        propensity=None,
        features={"email_free_mail": 0.0, "budget": 12.5, "country": "DE", "hour": None},
    )


def test_a_decision_is_read_back_exactly_as_it_was_made(ledger: Ledger) -> None:
    agreement = adopt_agreement(ledger, "text", "a" * 64)
    submission = sending(create_key(ledger, "sk")[:11])
    decision = deciding(submission, agreement)
    record(ledger, submission, decision)
    assert decision_by_id(ledger, decision.id) == decision
    story = lead_story(ledger, submission.lead)
    assert story is not None
    assert story.submissions == (submission,)
    assert story.decisions == (decision,)
    assert story.arrived_at == MOMENT


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert decision_by_id(ledger, decision_id()) is None
    assert lead_story(ledger, lead_id()) is None
    assert agreement_in_force(ledger) is None
    assert champion(ledger) is None


def test_a_lead_that_sends_twice_has_one_story_in_order(ledger: Ledger) -> None:
    agreement = adopt_agreement(ledger, "text", "a" * 64)
    first = sending()
    second = sending(lead=first.lead)
    for minutes, submission in enumerate((first, second)):
        record(ledger, submission, deciding(submission, agreement, MOMENT + timedelta(minutes=minutes)))
    story = lead_story(ledger, first.lead)
    assert story is not None
    assert [decision.submission for decision in story.decisions] == [first.id, second.id]


def test_times_of_any_zone_come_back_as_the_same_moment_in_utc(ledger: Ledger) -> None:
    agreement = adopt_agreement(ledger, "text", "a" * 64)
    submission = sending()
    local = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    record(ledger, submission, decided := deciding(submission, agreement, local))
    found = decision_by_id(ledger, decided.id)
    assert found is not None
    assert found.decided_at == MOMENT
    assert found.decided_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    agreement = adopt_agreement(ledger, "text", "a" * 64)
    submission = sending()
    with pytest.raises(Exception, match="zone"):
        record(ledger, submission, deciding(submission, agreement, MOMENT.replace(tzinfo=None)))
    assert lead_story(ledger, submission.lead) is None


def test_a_decision_without_its_agreement_takes_the_submission_with_it(ledger: Ledger) -> None:
    submission = sending()
    with pytest.raises(Exception, match="FOREIGN KEY"):
        record(ledger, submission, deciding(submission, 99))
    assert lead_story(ledger, submission.lead) is None


def test_an_error_never_repeats_what_a_lead_wrote(ledger: Ledger) -> None:
    submission = sending()
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever it is, it may not tell)
        record(ledger, submission, deciding(submission, 99))
    assert "jane@example.com" not in str(caught.value)


def test_many_threads_record_at_once(ledger: Ledger) -> None:
    agreement = adopt_agreement(ledger, "text", "a" * 64)
    sent = [sending() for _ in range(60)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: record(ledger, one, deciding(one, agreement)), sent))
    assert all(lead_story(ledger, one.lead) for one in sent)


def test_the_file_is_kept_as_a_durable_write_ahead_log(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_ledger_that_another_process_holds_is_unavailable_and_works_again_after(ledger: Ledger, url: str) -> None:
    other = connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="locked"):
        ledger.check()
    other.execute("ROLLBACK")
    other.close()
    ledger.check()


def test_equal_agreements_keep_their_number_and_the_newest_adoption_is_in_force(ledger: Ledger) -> None:
    assert adopt_agreement(ledger, "one", "1" * 64) == 1
    assert adopt_agreement(ledger, "two", "2" * 64) == 2
    assert agreement_in_force(ledger) == (2, "two")
    assert adopt_agreement(ledger, "one, laid out anew", "1" * 64) == 1
    assert agreement_in_force(ledger) == (1, "one")
    assert agreement_text(ledger, 2) == "two"
    assert agreement_text(ledger, 3) is None


def test_a_changed_agreement_is_taken_only_while_nothing_was_decided(ledger: Ledger) -> None:
    assert settle_agreement(ledger, "one", "1" * 64) == (1, "one")
    assert settle_agreement(ledger, "two", "2" * 64) == (2, "two")
    submission = sending()
    record(ledger, submission, deciding(submission, 2))
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
    with pytest.raises(Refusal, match="There is no model 9: there are 1"):
        promote(ledger, 9, None, "by hand")


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


def test_of_many_promotions_at_once_exactly_one_wins(url: str) -> None:
    ledgers = [open_ledger(url) for _ in range(6)]
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


def test_a_ledger_can_be_opened_again_and_by_two_processes_at_once(ledger: Ledger, url: str) -> None:
    adopt_agreement(ledger, "text", "a" * 64)
    again = open_ledger(url)
    assert agreement_in_force(again) == (1, "text")
    again.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite://", "would lose leads"),
        ("sqlite:///:memory:", "would lose leads"),
        ("sqlite:////proc/nowhere/accord.db", "ACCORD_DATABASE_URL"),
        ("not a url", "ACCORD_DATABASE_URL"),
        ("nosuchdatabase://host/accord", "No driver"),
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


def test_a_ledger_of_a_newer_accord_is_refused(ledger: Ledger, url: str) -> None:
    with ledger.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO schema (version, made_at) VALUES (99, '2026-11-23 00:00:00.000000')")
    with pytest.raises(Refusal, match="schema 99"):
        open_ledger(url)

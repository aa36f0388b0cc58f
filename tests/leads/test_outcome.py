"""What became of a lead does not depend on the order in which people told it."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from leads.lead import Outcome, OutcomeType
from leads.ledger import Ledger, conversions_told, leave_out_conversions, outcomes_of, write_outcome
from leads.outcome import ENDED, LeadState, state_of
from tests.leads.conftest import entered, entry, sending

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def outcome(type: OutcomeType, minute: int, event: str = "e", lead: str = "ld_1", key: str | None = None) -> Outcome:
    at = MONDAY + timedelta(minutes=minute)
    return Outcome(lead, event, type, at, MONDAY, "bad-fit" if type == "rejected" else None, None, key)


TYPES = some.sampled_from(get_args(OutcomeType))
EVENTS = some.lists(
    some.builds(outcome, TYPES, some.integers(0, 3), some.text(max_size=3)), unique_by=lambda one: one.event
)


@given(EVENTS.flatmap(lambda told: some.tuples(some.just(told), some.permutations(told))))
@settings(max_examples=500, derandomize=True, database=None)
def test_any_order_of_arrival_gives_the_same_state(both: tuple[list[Outcome], list[Outcome]]) -> None:
    told, in_another_order = both
    assert state_of(in_another_order) == state_of(told)


@given(EVENTS)
@settings(max_examples=200, derandomize=True, database=None)
def test_a_lead_is_what_its_last_outcome_says_unless_it_is_a_customer(told: list[Outcome]) -> None:
    state = state_of(told)
    last = max(told, key=lambda one: (one.occurred_at, one.event)).type if told else "reopened"
    assert state == ("open" if last == "reopened" else last) or (state == "converted" and last not in ENDED)


@pytest.mark.parametrize(
    ("types", "state"),
    [
        ([], "open"),
        (["accepted"], "accepted"),
        (["accepted", "contacted", "meeting"], "meeting"),
        (["lost", "converted"], "converted"),
        (["converted", "meeting"], "converted"),
        (["converted", "lost"], "lost"),
        (["converted", "reopened"], "open"),
        (["converted", "reopened", "contacted"], "contacted"),
        (["rejected", "accepted"], "accepted"),
        (["lost", "reopened"], "open"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, list) else None,
)
def test_what_becomes_of_a_lead(types: list[OutcomeType], state: LeadState) -> None:
    told = [outcome(type, minute, str(minute)) for minute, type in enumerate(types)]
    assert state_of(reversed(told)) == state


def test_outcomes_are_kept_as_they_happened(ledger: Ledger, agreement: int, key: str) -> None:
    lead = entered(ledger, entry(sending(key), agreement)).lead
    told = [
        outcome(type, minute, event, lead, key)
        for type, minute, event in (("lost", 5, "b"), ("converted", 5, "B"), ("accepted", 1, "z"), ("rejected", 9, "a"))
    ]
    with ledger.transaction() as connection:
        for one in told:
            write_outcome(connection, one)
    with ledger.reading() as connection:
        assert outcomes_of(connection, lead) == [told[2], told[1], told[0], told[3]]
        assert outcomes_of(connection, "ld_other") == []


def test_the_conversions_of_one_key_can_be_left_out(ledger: Ledger, agreement: int, key: str) -> None:
    lead = entered(ledger, entry(sending(key), agreement)).lead
    since = MONDAY - timedelta(hours=1)
    with ledger.transaction() as connection:
        for number, type in enumerate(("converted", "lost", "converted")):
            write_outcome(connection, outcome(type, number, str(number), lead, key))
        write_outcome(connection, outcome("converted", 9, "by hand", lead))
        assert conversions_told(connection, key, since, 1) == [False]
        assert conversions_told(connection, key, MONDAY, 9) == []
        assert leave_out_conversions(connection, key, since) == 2
        assert leave_out_conversions(connection, key, since) == 0
        assert [one.left_out for one in outcomes_of(connection, lead)] == [True, False, True, False]

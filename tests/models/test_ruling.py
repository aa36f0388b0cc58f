"""What the policy said of a lead comes out again, also where it depends on what was said of the lead before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leads.agreement import parse_agreement
from leads.lead import Cause, Decision, Route, Submission, submission_id
from leads.ledger import DayPrice, Ledger, adopt_agreement, open_ledger, write_price
from leads.ledger.decision import write_decision, write_submission
from leads.ledger.person import lead_of_person
from models import policy
from models.policy import Before, Price
from models.replay import Replay
from tests.history import decided
from tests.serving.conftest import AGREEMENT

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
FORM = {"email": "jane@example.com", "country": "FR"}
DAY = DayPrice(NOW.date(), NOW, "daily", None, 1, 14.0, None, 100, 50.0, 40.0, 0.0, 1.0)
"""A lead from France is worth 13.6 a minute at once, and 9 after an hour."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    adopt_agreement(opened, AGREEMENT, parse_agreement(AGREEMENT).digest)
    yield opened
    opened.close()


def sent(ledger: Ledger, form: dict[str, object], marks: tuple[str, ...] = ()) -> Submission:
    with ledger.transaction() as connection:
        lead = lead_of_person(connection, ["a" * 64], NOW)
        submission = Submission(submission_id(), lead, NOW, form, None, NOW, marks)
        write_submission(connection, submission)
    return submission


def ruled(
    ledger: Ledger, submission: Submission, price: float, after: timedelta, cause: Cause, before: Before | None
) -> Decision:
    """Decided as the service does it, and written."""
    agreement, at = parse_agreement(AGREEMENT), NOW + after
    made = decided(AGREEMENT, 1, submission)
    wait = policy.waited(submission.interest_at, at)
    weighed = policy.on_scales(made.score.probability, None, made.value, 22.0, wait, agreement)
    lot = policy.lot(ledger.salt, submission.id)
    with ledger.transaction() as connection:
        number = write_price(connection, replace(DAY, value=price))
        verdict = policy.route(weighed, Price(number, price, None), agreement, lot, True, before, at)
        made = replace(
            made,
            decided_at=at,
            cause=cause,
            index=weighed.index,
            lot=lot,
            price=price,
            price_number=number,
            **verdict._asdict(),
        )
        write_decision(connection, made)
    return made


def told(ledger: Ledger, decision: Decision) -> set[str]:
    return {one.what for one in Replay(ledger).differences(decision)}


def test_a_route_that_was_held_or_changed_by_a_re_score_comes_out_again(ledger: Ledger) -> None:
    submission, changed = sent(ledger, FORM), NOW + timedelta(hours=2)
    chain = [
        ruled(ledger, submission, 14.0, timedelta(0), "submission", None),
        ruled(ledger, submission, 8.5, timedelta(hours=1), "rescore", Before("nurture", None)),
        ruled(ledger, submission, 5.0, timedelta(hours=2), "rescore", Before("nurture", None)),
        ruled(ledger, submission, 90.0, timedelta(days=1), "rescore", Before("sales", changed)),
        ruled(ledger, submission, 90.0, timedelta(days=8), "rescore", Before("sales", changed)),
    ]
    assert [(one.route, one.ruled_by) for one in chain] == [
        ("nurture", "price"),
        ("nurture", "held"),
        ("sales", "price"),
        ("sales", "held"),
        ("nurture", "price"),
    ]
    assert [told(ledger, one) for one in chain] == [set()] * 5
    assert told(ledger, replace(chain[3], ruled_by="price", route="nurture")) == {"ruled_by", "route"}
    assert told(ledger, replace(chain[1], decided_at=NOW)) >= {"index"}


@pytest.mark.parametrize(
    ("marks", "route", "ruled_by", "differs"),
    [
        (("honeypot",), "quarantine", "bot", set()),
        ((), "quarantine", "bot", {"route", "ruled_by", "propensity", "chosen"}),
        ((), "sales", "hand", set()),
        ((), "sales", "owner", {"route", "ruled_by", "propensity", "chosen"}),
    ],
)
def test_a_ruling_without_the_policy_must_have_had_its_reason(
    ledger: Ledger, marks: tuple[str, ...], route: Route, ruled_by: str, differs: set[str]
) -> None:
    submission = sent(ledger, FORM, marks)
    made = ruled(ledger, submission, 14.0, timedelta(0), "submission", None)
    other = replace(made, route=route, ruled_by=ruled_by, propensity=None, chosen=None)  # type: ignore[arg-type]
    assert told(ledger, other) == differs


def test_a_lot_by_another_salt_is_told(ledger: Ledger) -> None:
    made = ruled(ledger, sent(ledger, FORM), 14.0, timedelta(0), "submission", None)
    assert made.lot is not None
    assert told(ledger, replace(made, lot=(made.lot + 0.5) % 1)) == {"lot"}


def test_a_decision_from_before_there_were_prices_goes_by_its_band(ledger: Ledger) -> None:
    made = decided(AGREEMENT, 1, sent(ledger, FORM), ruled_by=None)
    assert told(ledger, made) == set()
    assert told(ledger, replace(made, route="sales")) == {"route"}

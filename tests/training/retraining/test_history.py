"""What training reads of the ledger: known at a moment, each lead weighing one, nobody who may not teach."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from leads.lead import Outcome, OutcomeType
from leads.ledger import object_
from leads.ledger.person import digest
from serving.feedback.outcomes import tell
from tests.serving.office import SALES, Office, people
from training.retraining.history import History, known_at, read_history

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(f"sqlite:///{tmp_path / 'ledger.db'}", BEGIN, SALES + people("anna"))
    yield opened
    opened.close()


def learned(office: Office, after: float) -> History:
    return read_history(office.ledger, office.agreement, BEGIN + after * DAY)


def told(office: Office, lead: str, kind: OutcomeType, happened: float, known: float, **more: Any) -> None:
    """In days after the beginning."""
    office.now = BEGIN + known * DAY
    outcome = Outcome(
        lead, uuid4().hex, kind, BEGIN + happened * DAY, office.now, more.get("reason"), None, office.key.id
    )
    assert tell(office.intake, [outcome])[0].wrong is None


def sent(office: Office, day: float, **form: Any) -> str:
    office.now = BEGIN + day * DAY
    return office.send(**form)


def test_an_empty_ledger_teaches_nothing(office: Office) -> None:
    history = learned(office, 1)
    assert len(history) == 0
    assert history.left_out == {}


def test_a_row_is_a_decision_with_what_its_lead_had_said(office: Office) -> None:
    sent(office, 1, email="b@gmail.com", country="DE")
    sent(office, 0, email="a@gmail.com", budget=500)
    sent(office, 3, email="a@gmail.com", hot=True)
    history = learned(office, 10)
    assert [round(day - history.decided_at[0], 3) for day in history.decided_at] == [0, 1, 3]
    assert history.values["budget"].tolist()[0] == history.values["budget"].tolist()[2] == 500
    assert np.isnan(history.values["budget"][1])
    assert history.values["hot"].tolist() == [None, None, True]
    assert history.values["country"].tolist() == [None, "DE", None]


def test_the_rows_of_a_lead_weigh_one_together(office: Office) -> None:
    for day in (0, 1, 2):
        sent(office, day, email="a@gmail.com")
    sent(office, 3, email="b@gmail.com")
    history = learned(office, 10)
    assert history.weight.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    assert len(set(history.lead.tolist())) == len(set(history.person.tolist())) == 2


def test_nothing_later_changes_what_was_known(office: Office) -> None:
    first, second = sent(office, 0), sent(office, 1)
    told(office, first, "converted", 5, 6)
    before = learned(office, 10)
    told(office, second, "converted", 12, 12)
    told(office, first, "lost", 13, 13, reason="bad-fit")
    sent(office, 14)
    again = learned(office, 10)
    assert again.known_after.tolist() == before.known_after.tolist()
    assert again.values.equals(before.values)
    now = learned(office, 20)
    assert len(now) == 3
    assert np.isinf(now.converted_after[0])
    assert now.converted_after[1] == pytest.approx(11)


def test_a_conversion_counts_from_when_it_was_told(office: Office) -> None:
    lead = sent(office, 0)
    told(office, lead, "converted", 5, 8)
    history = learned(office, 30)
    day = history.decided_at[0]
    assert [known_at(history, day + after).y[0] for after in (4, 6, 8.1, 30)] == [0, 0, 1, 1]
    assert [known_at(history, day + after).age[0] for after in (4, 30, 400)] == pytest.approx([4, 30, 90])


def test_a_conversion_after_the_horizon_is_none(office: Office) -> None:
    lead = sent(office, 0)
    told(office, lead, "converted", 91, 91)
    assert np.isinf(learned(office, 100).known_after).all()


def test_a_form_after_the_conversion_has_nothing_to_teach(office: Office) -> None:
    lead = sent(office, 0, email="a@gmail.com")
    told(office, lead, "converted", 5, 5)
    sent(office, 7, email="a@gmail.com")
    assert learned(office, 20).converted_after.tolist() == pytest.approx([5])


@pytest.mark.parametrize(
    ("reason", "rows"), [("bad-data", 0), ("duplicate", 0), ("bad-fit", 1), ("unreachable", 1), ("not-now", 1)]
)
def test_what_says_nothing_of_the_lead_is_no_label(office: Office, reason: str, rows: int) -> None:
    lead = sent(office, 0)
    told(office, lead, "rejected", 1, 1, reason=reason)
    history = learned(office, 5)
    assert len(history) == rows
    assert sum(history.left_out.values()) == 1 - rows


def test_who_objected_teaches_nothing(office: Office) -> None:
    sent(office, 0, email="a@gmail.com")
    sent(office, 1, email="b@gmail.com")
    with office.ledger.transaction() as connection:
        object_(connection, [digest(office.ledger.salt, "email:a@gmail.com")], objects=True)
    history = learned(office, 5)
    assert len(history) == 1
    assert history.left_out == {"objected to being profiled": 1}


def test_a_quarantined_lead_is_no_label(office: Office) -> None:
    arrival = replace(office._arrival("a@gmail.com", {}), website="filled in by a bot")
    asyncio.run(office.intake.receive(arrival))
    history = learned(office, 5)
    assert len(history) == 0
    assert history.left_out == {"looks like a bot's": 1}


def test_the_action_is_the_route(office: Office) -> None:
    sent(office, 0)
    history = learned(office, 5)
    assert history.action.tolist() == [1.0]
    assert history.propensity.tolist() == [1.0]

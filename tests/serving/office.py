"""A sales team at work in a ledger, under a clock that a test moves: forms go through the intake, answers are told as
outcomes, and time passes only when the test says so."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from leads.agreement import parse_agreement
from leads.form import form_class
from leads.lead import Assignment, Outcome, OutcomeType, Step
from leads.ledger import (
    Key,
    Ledger,
    adopt_agreement,
    assignment_of,
    create_key,
    find_key,
    open_ledger,
    record_change,
    steps_of,
    tables,
    team_changes,
)
from leads.team import Change, ChangeKind, Member, team_of
from models.champion import serving_scorer
from models.scorecard import scorecard_scorer
from serving.deciding.intake import Intake
from serving.edge.arrival import Arrival, sending_of
from serving.feedback.outcomes import tell
from serving.scoring.live import LiveScorer
from serving.team.clock import Clock

BERLIN = ZoneInfo("Europe/Berlin")
HEAD = """
[goal]
within_days = 90
value = { field = "budget", otherwise = 1000.0 }
[routing]
sales_from = "D"
guard_slice = 0.0
[scorecard]
base_rate = 0.2
[[scorecard.rules]]
points = 20.0
when = { hot = true }
[form.fields.email]
kind = "email"
required = true
[form.fields.country]
kind = "country"
[form.fields.budget]
kind = "money"
[form.fields.hot]
kind = "flag"
"""
SALES = """
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Fri 09:00-17:00"
holidays = "DE"
first_response_minutes = 15
mail = "sales@example.com"
"""


def people(*names: str, more: str = "") -> str:
    return "".join(f'[[sales.people]]\nname = "{name}"\nmail = "{name}@example.com"\n{more}\n' for name in names)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


class Office:
    def __init__(self, database: str, at: datetime, text: str) -> None:
        self.database, self.text, self.now = database, HEAD + text, at
        self.agreement = parse_agreement(self.text)
        self._open()
        self.key = self._new_key()

    def _open(self) -> None:
        self.ledger: Ledger = open_ledger(self.database)
        number = adopt_agreement(self.ledger, self.text, self.agreement.digest)
        live = LiveScorer(self.ledger, self.agreement, serving_scorer, scorecard_scorer(self.agreement))
        self.intake = Intake(self.ledger, self.agreement, number, live, lambda: self.now)
        self.clock = Clock(self.intake)

    def _new_key(self) -> Key:
        found = find_key(self.ledger, create_key(self.ledger, "sk"))
        assert found is not None
        return found

    def restart(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        self.intake.close()
        self.ledger.close()

    def send(self, email: str | None = None, **form: Any) -> str:
        """A new form; its lead. A busy machine may take its time."""
        return asyncio.run(self.intake.receive(self._arrival(email, form))).lead

    def _arrival(self, email: str | None, form: Mapping[str, Any]) -> Arrival:
        sent = {"email": email or f"{uuid4().hex}@gmail.com", **form}
        checked = form_class(self.agreement).model_validate(sent)
        sending = sending_of(self.key, uuid4().hex, sent, self.ledger.salt)
        fields = self.agreement.form.fields
        return Arrival(self.key, sent, checked, fields, sending, self.now, "127.0.0.1", waited=-60.0)

    def tell(self, lead: str, kind: OutcomeType = "contacted") -> None:
        reason = "bad-fit" if kind in ("lost", "rejected") else None
        event = Outcome(lead, uuid4().hex, kind, self.now, self.now, reason, None, self.key.id)
        assert tell(self.intake, [event])[0].wrong is None

    def said(self, person: str, kind: ChangeKind, **said: Any) -> None:
        with self.ledger.transaction() as connection:
            record_change(connection, Change(person, self.now, kind, said))

    def at(self, moment: datetime | str) -> None:
        """It is that moment, and the clock has run."""
        self.now = berlin(moment) if isinstance(moment, str) else moment
        self.clock.run()

    def passes(self, minutes: float) -> None:
        self.at(self.now + timedelta(minutes=minutes))

    def stands(self, lead: str) -> Assignment:
        with self.ledger.reading() as connection:
            found = assignment_of(connection, lead)
        assert found is not None
        return found

    def owner(self, lead: str) -> str | None:
        return self.stands(lead).owner

    def steps(self, lead: str) -> list[Step]:
        with self.ledger.reading() as connection:
            return steps_of(connection, lead)

    def kinds(self, lead: str) -> list[str]:
        return [step.kind for step in self.steps(lead)]

    def team(self) -> dict[str, Member]:
        with self.ledger.reading() as connection:
            return {member.name: member for member in team_of(self.agreement, team_changes(connection))}

    def changes(self) -> list[Change]:
        with self.ledger.reading() as connection:
            return team_changes(connection)

    def messages(self, event: str | None = None) -> list[Any]:
        """Oldest first: event, receiver, mail_to, lead, payload."""
        here = tables.messages
        wanted = select(here).order_by(here.c.created_at, here.c.id)
        with self.ledger.reading() as connection:
            rows = connection.execute(wanted).all()
        return [row for row in rows if event in (None, row.event)]

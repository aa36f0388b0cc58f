"""From a valid form to a stored decision."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel

from leads.agreement import Agreement
from leads.fields import Kind, Value
from leads.form import ARRIVED, form_values
from leads.lead import Decision, Submission, decision_id, lead_id, submission_id
from leads.ledger import Key, Ledger, record
from models import policy
from serving.assignment import assign
from serving.scoring import LiveScorer

_SAMPLES: Mapping[Kind, Value] = {
    "email": "someone@example.com",
    "phone": "+442079460000",
    "url": "https://www.example.com",
    "company": "Example",
    "job_title": "Head of Sales",
    "country": "DE",
    "text": "A question",
}


class Intake:
    """Takes leads in under one agreement; `number` is the agreement's in the ledger."""

    def __init__(self, ledger: Ledger, agreement: Agreement, number: int, live: LiveScorer) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self.live = live

    def warm_up(self) -> None:
        """Takes the champion up and scores one invented lead, so that the first real one does not wait for imports."""
        self.live.follow()
        self.live.score({key: _SAMPLES.get(field.kind) for key, field in self.agreement.form.fields.items()})

    def receive(self, sent: Mapping[str, object], form: BaseModel, key: Key) -> Decision:
        """On the disk when this returns. What was sent is kept as it was sent."""
        arrived = datetime.now(UTC)
        submission = Submission(submission_id(), lead_id(), arrived, sent, key.id)
        decision = self.decide(submission, {**form_values(form), ARRIVED: arrived})
        record(self.ledger, submission, decision)
        return decision

    def decide(self, submission: Submission, values: Mapping[str, Value]) -> Decision:
        score, row = self.live.score(values)
        routing, decided_at = self.agreement.routing, datetime.now(UTC)
        band = policy.band(score.probability, routing.bands)
        route = policy.route(band, routing)
        owner, respond_by = assign(route, self.agreement, decided_at)
        return Decision(
            id=decision_id(),
            lead=submission.lead,
            submission=submission.id,
            decided_at=decided_at,
            score=score,
            horizon_days=self.agreement.goal.within_days,
            band=band,
            route=route,
            owner=owner,
            respond_by=respond_by,
            agreement=self.number,
            price=None,
            propensity=None,
            features=row,
        )

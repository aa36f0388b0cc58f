"""What the service answers about the quarantine and about people's rights, as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from leads.lead import Band
from leads.ledger import Quarantined, SentOn
from leads.outcome import LeadState
from serving import answers
from serving.answers import DecisionAnswer, FullDecision
from serving.views.lead_story import OutcomeAnswer, Standing, StepAnswer, SubmissionAnswer


class QuarantinedLead(BaseModel):
    lead: str
    decision: str
    decided_at: datetime
    probability: float
    band: Band
    marks: list[str] = Field(description="What gave a bot away")
    submission: str
    received_at: datetime
    form: dict[str, Any] = Field(description="As it was sent")


class Quarantine(BaseModel):
    """Newest first."""

    leads: list[QuarantinedLead]
    next: str | None = Field(description="What to send as `after` for the next page; null on the last")


class Objection(BaseModel):
    objects: bool
    decision: DecisionAnswer = Field(description="The lead, decided anew")


class Accepted(BaseModel):
    """The same for everybody, known here or not."""

    status: Literal["accepted"]


class MarkedSubmission(SubmissionAnswer):
    submitted_at: datetime | None
    marks: list[str]


class MessageSent(BaseModel):
    event: str
    to: str = Field(description="A receiver's address, or that of a mail")
    state: str
    created_at: datetime
    finished_at: datetime | None


class KnownLead(BaseModel):
    lead: str
    arrived_at: datetime
    submissions: list[MarkedSubmission]
    decisions: list[FullDecision]
    steps: list[StepAnswer]
    standing: Standing | None
    outcomes: list[OutcomeAnswer]
    state: LeadState
    messages: list[MessageSent]


class Word(BaseModel):
    objects: bool
    said_at: datetime


class NotRead(BaseModel):
    """A form from another tool of which something could not be read, as that tool sent it."""

    received_at: datetime
    hook: str
    payload: str


class PersonExport(BaseModel):
    """Everything that is known of a person."""

    exported_at: datetime
    leads: list[KnownLead]
    objections: list[Word]
    not_read: list[NotRead]


def message_body(one: SentOn, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event": one.event,
        "to": one.to,
        "state": one.state,
        "created_at": answers.time_told(one.created_at, zone),
        "finished_at": answers.time_told(one.finished_at, zone),
    }


def quarantined_body(one: Quarantined, zone: ZoneInfo) -> Mapping[str, Any]:
    submission, decision = one
    return {
        "lead": decision.lead,
        "decision": decision.id,
        "decided_at": answers.time_told(decision.decided_at, zone),
        "probability": decision.score.probability,
        "band": decision.band,
        "marks": list(submission.marks),
        "submission": submission.id,
        "received_at": answers.time_told(submission.received_at, zone),
        "form": dict(submission.form),
    }

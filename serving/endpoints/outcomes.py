"""What became of leads, told by the tools of sales."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.lead import Outcome
from leads.outcome import LeadState
from serving.edge.bodies import body_of
from serving.edge.event_body import batch_of
from serving.edge.outcome_body import SentLeadOutcome, SentOutcome, sent_lead_outcome, sent_outcome
from serving.endpoints.telling import Call, EventCalls, WrongPlace, tell_many, tell_one, telling_endpoints
from serving.feedback.outcomes import tell
from serving.feedback.telling import Told


class OutcomeTaken(BaseModel):
    lead: str
    event: str
    state: LeadState = Field(description="The lead's now")


class OutcomeResult(BaseModel):
    """202 taken, 200 told before; else what a call of its own would have been answered, and what is wrong."""

    status: int
    lead: str | None
    state: LeadState | None
    errors: list[WrongPlace]


class OutcomeResults(BaseModel):
    """In the order of the events."""

    results: list[OutcomeResult]


def outcome_endpoints() -> APIRouter:
    one = Call(tell_outcome, "Tell what became of a lead", body_of(SentOutcome), OutcomeTaken)
    many = Call(tell_outcomes, "Tell what became of many leads", batch_of(SentLeadOutcome), OutcomeResults)
    return telling_endpoints(CALLS.kind, one, many)


async def tell_outcome(request: Request, lead: str) -> Response:
    """The same event again changes nothing, and the order in which events come does not matter: `occurred_at` says what
    came last. A rejection must name its reason."""
    return await tell_one(request, CALLS, lead)


async def tell_outcomes(request: Request) -> Response:
    """Up to 1,000 events of any leads, each with its `lead`. One that is wrong holds up no other; when none can be
    taken, the answer is a problem."""
    return await tell_many(request, CALLS)


def _says(told: Told) -> dict[str, Any]:
    return {"state": told.state}


CALLS = EventCalls[Outcome]("outcomes", sent_outcome, sent_lead_outcome, tell, _says)

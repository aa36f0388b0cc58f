"""What leads do after their form, told by the tools of marketing."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from leads.lead import Engagement
from serving.edge.bodies import body_of
from serving.edge.engagement_body import (
    MOST_KEYS,
    SentEngagement,
    SentLeadEngagement,
    sent_engagement,
    sent_lead_engagement,
)
from serving.edge.event_body import batch_of
from serving.endpoints.telling import Call, EventCalls, WrongPlace, tell_many, tell_one, telling_endpoints
from serving.feedback.engagements import tell
from serving.feedback.telling import Told


class EngagementTaken(BaseModel):
    lead: str
    event: str


class EngagementResult(BaseModel):
    """202 taken, 200 told before; else what a call of its own would have been answered, and what is wrong."""

    status: int
    lead: str | None
    errors: list[WrongPlace]


class EngagementResults(BaseModel):
    """In the order of the events."""

    results: list[EngagementResult]


def engagement_endpoints() -> APIRouter:
    one = Call(tell_engagement, "Tell what a lead did after its form", body_of(SentEngagement), EngagementTaken)
    summary = "Tell what many leads did after their forms"
    many = Call(tell_engagements, summary, batch_of(SentLeadEngagement), EngagementResults)
    return telling_endpoints(CALLS.kind, one, many)


async def tell_engagement(request: Request, lead: str) -> Response:
    """The same event again changes nothing, and the order in which events come does not matter. `kind` is one of the
    agreement's; of the properties nothing that names the person is taken."""
    return await tell_one(request, CALLS, lead)


async def tell_engagements(request: Request) -> Response:
    """Up to 1,000 events of any leads, each with its `lead`. One that is wrong holds up no other; when none can be
    taken, the answer is a problem."""
    return await tell_many(request, CALLS)


def _says(_: Told) -> dict[str, Any]:
    return {}


CALLS = EventCalls[Engagement]("engagements", sent_engagement, sent_lead_engagement, tell, _says, MOST_KEYS)

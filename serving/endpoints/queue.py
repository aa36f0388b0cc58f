"""Whom to call now."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.lead import Band, Route
from leads.ledger import newest_price
from serving.answers import Reason
from serving.endpoints.desk import as_json, caller, desk_of
from serving.endpoints.quarantine import MOST, USUAL, limit_of, parameter
from serving.openapi import problems
from serving.problems import Problem
from serving.views.queue import NoSuchOwner, queue_body, read_queue

PARAMETERS = [
    {
        "name": "owner",
        "in": "query",
        "schema": {"type": "string"},
        "description": "A person's name, or sales for what nobody has; without it everybody's",
    },
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}},
]


class WaitingLead(BaseModel):
    lead: str
    decision: str
    owner: str = Field(description="`sales` while nobody has it")
    route: Route
    index: float | None = Field(description="What a sales minute on it would earn now; null: nobody knows its value")
    probability: float
    band: Band
    respond_by: datetime
    late: bool
    waiting_minutes: int = Field(description="Since the person last showed interest; the index falls with them")
    since: datetime = Field(description="From when its owner has it, or the queue")
    owned_before: int = Field(description="How many people had it before")
    escalated: bool
    contact: dict[str, str] = Field(description="Whom to call: names, companies, numbers and addresses that it gave")
    reasons: list[Reason]


class Teammate(BaseModel):
    name: str
    there: bool = Field(description="At work now, and not paused")
    paused: bool
    at_hand: int = Field(description="Leads that wait for their answer")
    taken_today: int
    daily_cap: int | None


class Queue(BaseModel):
    """The lead that is most worth a call first."""

    at: datetime
    price: float | None = Field(description="What a sales minute must earn today; null while the bands decide")
    waiting: int = Field(description="How many leads wait, on this page and after it")
    late: int = Field(description="How many of them should have been answered")
    leads: list[WaitingLead]
    team: list[Teammate]


def queue_endpoints() -> APIRouter:
    router = APIRouter()
    router.get(
        "/v1/queue",
        summary="Whom to call now",
        response_model=Queue,
        responses=problems(400, 401, 403, 422, 503),
        openapi_extra={"parameters": PARAMETERS},
    )(answer_queue)
    return router


def answer_queue(request: Request) -> Response:
    """The leads of sales that wait for an answer, by what a minute spent on each would earn now. Secret keys only."""
    caller(request, "leads")
    desk, limit, owner = desk_of(request), limit_of(request), parameter(request, "owner")
    if request.query_params.keys() - {"limit", "owner"}:
        raise Problem("parameter", "Only owner and limit can be asked for.")
    decider = desk.intake.decider
    try:
        with desk.ledger.reading() as connection:
            price = newest_price(connection, desk.intake.live.number, decider.number)
            queue = read_queue(connection, decider.agreement, decider.now(), price, owner, limit)
    except NoSuchOwner as unknown:
        raise Problem.of_parameter("owner", str(unknown)) from None
    return as_json(queue_body(queue, desk.zone))

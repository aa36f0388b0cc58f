"""Leads that wait because a bot seems to have sent them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from starlette.responses import Response

from leads.ledger import quarantined, was_quarantined
from serving import answers
from serving.edge.bodies import Body, body_of, sent_body
from serving.endpoints.desk import IDENTIFIER, Desk, as_json, caller, desk_of
from serving.openapi import problems
from serving.problems import Problem
from serving.rights import overruling
from serving.rights.answers import Quarantine, quarantined_body
from serving.watch.notes import note

USUAL, MOST = 50, 200
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]

PARAMETERS = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}},
    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "`next` of the page before"},
]


class Restoring(Body):
    note: Words | None = None


def quarantine_endpoints() -> APIRouter:
    router = APIRouter()
    reading = problems(400, 401, 403, 422, 503)
    router.get(
        "/v1/quarantine",
        summary="Read the quarantine",
        response_model=Quarantine,
        responses=reading,
        openapi_extra={"parameters": PARAMETERS},
    )(read_quarantine)
    router.post(
        "/v1/leads/{lead}/restore",
        summary="Restore a lead",
        response_model=answers.DecisionAnswer,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
        openapi_extra=body_of(Restoring),
    )(restore_lead)
    return router


def read_quarantine(request: Request) -> Response:
    """Leads whose newest decision is the quarantine, newest first, and what gave them away."""
    caller(request, "quarantine")
    desk, limit = desk_of(request), limit_of(request)
    if request.query_params.keys() - {"limit", "after"}:
        raise Problem("parameter", "Only limit and after can be asked for.")
    with desk.ledger.reading() as connection:
        after = parameter(request, "after")
        if after is not None and not (IDENTIFIER.fullmatch(after) and was_quarantined(connection, after)):
            raise Problem.of_parameter("after", "after must be the `next` of a page that was read before.")
        found = quarantined(connection, limit + 1, after)
    page = [quarantined_body(one, desk.zone) for one in found[:limit]]
    return as_json({"leads": page, "next": page[-1]["lead"] if len(found) > limit else None})


async def restore_lead(request: Request, lead: str) -> Response:
    """Decides the lead as if nothing had been suspicious, under the policy of now. Send {} or {"note": "…"}."""
    desk = await admitted(request, "quarantine")
    sent = await sent_body(request, Restoring)
    return await run_in_threadpool(_restored, desk, lead, sent.note)


def _restored(desk: Desk, lead: str, said: str | None) -> Response:
    try:
        made = overruling.restore(desk.intake, known_id(lead), said)
    except overruling.NoSuchLead as unknown:
        raise Problem("not-found", str(unknown)) from None
    except overruling.NotQuarantined:
        raise Problem("not-quarantined", "GET /v1/quarantine shows what is in quarantine.") from None
    note(lead=made.lead, decision=made.id)
    return as_json(answers.decision_body(made, desk.zone))


async def admitted(request: Request, need: Literal["quarantine", "leads", "privacy"]) -> Desk:
    await run_in_threadpool(caller, request, need)
    return desk_of(request)


def known_id(lead: str) -> str:
    if not IDENTIFIER.fullmatch(lead):
        raise Problem("not-found", "There is no lead with this id.")
    return lead


def parameter(request: Request, name: str) -> str | None:
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise Problem.of_parameter(name, f"{name} is given twice; send it once.")
    return given[0] if given else None


def limit_of(request: Request) -> int:
    text = parameter(request, "limit")
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Problem.of_parameter("limit", f"limit must be a whole number from 1 to {MOST}.")
    return int(text)

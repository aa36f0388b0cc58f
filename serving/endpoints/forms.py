"""Sending a form, and reading what it asks."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving import answers
from serving.access import admit
from serving.arrival import Arrival, idempotency_key, opened, sending_of, submitted, text_of, without_reserved
from serving.edge import read_object, validated
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.openapi import FORM_BODY, problems


def form_endpoints() -> APIRouter:
    router = APIRouter()
    router.post(
        "/v1/leads",
        summary="Send a form",
        status_code=201,
        response_model=answers.DecisionAnswer | answers.Receipt,
        responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
        openapi_extra=FORM_BODY,
    )(send_form)
    reading = problems(400, 401, 403, 503)
    router.get("/v1/form", summary="Read the form", response_model=dict[str, Any], responses=reading)(read_form)
    return router


async def send_form(request: Request) -> Response:
    """The form's fields as one flat JSON object. A secret key is answered with the decision, a publishable key with a
    receipt. The decision is stored before it is answered; a sending is stored once."""
    desk = desk_of(request)
    arrival = await arrival_of(request, desk)
    given = await desk.intake.receive(arrival)
    headers = {"Cache-Control": "no-store"} | ({"Idempotency-Replayed": "true"} if given.replayed else {})
    return Response(given.body, given.status, headers, "application/json")


async def arrival_of(request: Request, desk: Desk) -> Arrival:
    now = datetime.now(UTC)
    key = await run_in_threadpool(admit, request, desk.ledger, "forms")
    sent = await read_object(request)
    own, added = without_reserved(sent)
    form = validated(desk.form, own)
    token = idempotency_key(request.headers.getlist("idempotency-key"), added.get("_idempotency_key"))
    return Arrival(
        key=key,
        sent=own,
        form=form,
        fields=desk.fields,
        sending=sending_of(key, token, sent, desk.ledger.salt),
        arrived_at=now,
        client=request.client.host if request.client else "",
        website=text_of(added, "_website"),
        opened_at=opened(text_of(added, "_opened_at"), now),
        submitted_at=submitted(text_of(added, "_submitted_at"), now),
        redirect=text_of(added, "_redirect") or None,
    )


def read_form(request: Request) -> Response:
    """A JSON Schema; each key has a title."""
    caller(request, "forms")
    return as_json(desk_of(request).schema, media_type="application/schema+json")

"""Sending a form, and reading what it asks."""

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from leads.ledger import Answer, Key
from serving import answers
from serving.deadline import in_time
from serving.edge.access import admit
from serving.edge.arrival import (
    Arrival,
    idempotency_key,
    opened,
    page_of,
    sending_of,
    submitted,
    text_of,
    without_reserved,
)
from serving.edge.html_form import is_html_form, read, read_texts, refuse_multipart, wants_page
from serving.edge.json_body import read_object, validated
from serving.edge.visitor_page import thanks
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.openapi import FORM_BODY, problems
from serving.watch.notes import note


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


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
    router.get(
        "/v1/form",
        summary="Read the form",
        response_class=SchemaResponse,
        response_model=dict[str, Any],
        responses=reading,
    )(read_form)
    router.get("/v1/form.js", include_in_schema=False)(read_script)
    return router


async def send_form(request: Request) -> Response:
    """The form's fields as one flat JSON object. A secret key is answered with the decision, a publishable key with a
    receipt. The decision is stored before it is answered; a sending is stored once. A page without any script may post
    the same fields urlencoded, with its key in the field _key."""
    desk = desk_of(request)
    arrival = await arrival_of(request, desk)
    given = await desk.intake.receive(arrival)
    note(lead=given.lead, decision=given.decision.id if given.decision else None, replayed=given.replayed)
    answer = _answer(request, given, arrival)
    answer.headers["Cache-Control"] = "no-store"
    if given.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _answer(request: Request, given: Answer, arrival: Arrival) -> Response:
    if arrival.redirect and arrival.by_html_form:
        return Response(status_code=303, headers={"Location": arrival.redirect})
    if wants_page(request):
        return thanks(answers.THANKS, given.status)
    body = answers.sent_on(given.body, arrival.redirect) if arrival.redirect else given.body
    return Response(body, given.status, media_type="application/json")


class Reading(NamedTuple):
    """One body as it was read: `sent` is all of it, by which a repetition is known; `own` are the form's values,
    `added` is what the sender says of the sending. `waited` are the seconds that the ledger took to know the key."""

    key: Key
    waited: float
    sent: Mapping[str, object]
    own: Mapping[str, object]
    added: Mapping[str, object]
    form: BaseModel


async def arrival_of(request: Request, desk: Desk) -> Arrival:
    now = datetime.now(UTC)
    by_html_form = is_html_form(request)
    key, waited, sent, own, added, form = await (_read_html_form if by_html_form else _read_json)(request, desk)
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
        redirect=page_of(key, text_of(added, "_redirect")),
        by_html_form=by_html_form,
        waited=waited,
    )


async def _admitted(request: Request, desk: Desk, given: str | None = None) -> tuple[Key, float]:
    began = time.monotonic()
    key = await in_time(admit, request, desk.ledger, "forms", given)
    return key, time.monotonic() - began


async def _read_json(request: Request, desk: Desk) -> Reading:
    refuse_multipart(request)
    key, waited = await _admitted(request, desk)
    sent = await read_object(request)
    own, added = without_reserved(sent)
    return Reading(key, waited, sent, own, added, validated(desk.form, own))


async def _read_html_form(request: Request, desk: Desk) -> Reading:
    texts = await read_texts(request, desk.fields)
    key, waited = await _admitted(request, desk, texts.get("_key"))
    own, added = without_reserved(texts)
    form, values = read(desk.form, {name: str(text) for name, text in own.items()}, desk.fields)
    return Reading(key, waited, texts, values, added, form)


async def read_script(request: Request) -> Response:
    """The script for pages with a form. It belongs to no key, and any page may load it."""
    text, tag = _script()
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="text/javascript")


@cache
def _script() -> tuple[bytes, str]:
    """The text and its tag."""
    text = files("serving.edge").joinpath("form.js").read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def read_form(request: Request) -> Response:
    """A JSON Schema; each key has a title."""
    caller(request, "forms")
    return as_json(desk_of(request).schema, media_type=str(SchemaResponse.media_type))

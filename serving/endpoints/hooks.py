"""Forms that come from the tools of others, which sign what they send instead of carrying a key."""

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.ledger import (
    FAULTS_KEPT,
    Answer,
    Hook,
    Ledger,
    Sending,
    answer_given,
    digest,
    has_fault,
    hook_by_id,
)
from serving.deadline import in_time
from serving.edge.arrival import CLOCKS_DIFFER, Arrival, opened
from serving.edge.json_body import check_headers, read_body, tree_in
from serving.edge.rates import Rates, neighbourhood
from serving.endpoints.desk import Desk, as_json, desk_of
from serving.inbound.faults import Faulty, keep, settle
from serving.inbound.mapping import Read, form_of
from serving.inbound.signatures import SCHEMES, Message, verify
from serving.inbound.sources import Payload, payload_of
from serving.openapi import problems
from serving.problems import Place, Problem
from serving.watch.notes import note

HOOK = re.compile("hk_[0-9a-f]{8}")
LARGEST = 524_288
"""Bytes; the whole contact of a tool is much more than a form."""
MOST_KEYS = 20_000
ANY_PAYLOAD = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
    "security": [],
}


class HookReceipt(BaseModel):
    lead: str
    left_out: list[str] = Field(description="Pointers to the answers that no field could take as they were")


class Delivery(NamedTuple):
    """One verified message; `waited` are the seconds that the ledger took to know its hook."""

    hook: Hook
    payload: Payload
    faulty: Faulty
    waited: float


def hook_endpoints() -> APIRouter:
    router = APIRouter()
    router.post(
        "/v1/hooks/{hook}",
        summary="Send a form from another tool",
        status_code=202,
        response_model=HookReceipt,
        responses=problems(400, 401, 404, 413, 415, 422, 503)
        | {200: {"model": HookReceipt, "description": "Sent before; nothing changes"}},
        openapi_extra=ANY_PAYLOAD,
    )(take)
    return router


async def take(request: Request, hook: str) -> Response:
    """What HubSpot, Typeform, Webflow or any sender of Standard Webhooks sends when somebody fills in a form there; it
    is signed with the hook's secret, and `accord hooks` manages hooks. A lead whose required fields can be read is
    taken; where they cannot, the payload is kept for thirty days and the answer says which answers are wrong."""
    desk = desk_of(request)
    known, message, at, waited = await _verified(request, desk, hook)
    faulty = Faulty(known.id, _digest(desk, message.body.hex()), at, message.body, None)
    try:
        faulty = faulty._replace(tree=tree_in(message.body, MOST_KEYS))
        payload = payload_of(known.source, faulty.tree, message)
        faulty = faulty._replace(delivery=_digest(desk, payload.id))
        return await _taken(desk, Delivery(known, payload, faulty, waited))
    except Problem as problem:
        if problem.code != "signature-stale":
            places = problem.places or [Place("#", problem.code, problem.detail)]
            await keep(desk.ledger, desk.intake.writer, faulty, places, None)
        raise


def _digest(desk: Desk, text: str) -> str:
    return digest(desk.ledger.salt, f"hook:{text}")


async def _verified(request: Request, desk: Desk, name: str) -> tuple[Hook, Message, datetime, float]:
    rates: Rates = request.app.state.rates
    client, began = neighbourhood(request.client.host if request.client else ""), time.monotonic()
    hook = await _hook(desk, name, rates, client)
    waited = time.monotonic() - began
    check_headers(request, largest=LARGEST)
    message = Message(request.method, request.headers, await read_body(request, LARGEST))
    now = datetime.now(UTC)
    try:
        verify(hook, message, now)
    except Problem:
        rates.failed(client)
        raise
    note(key=hook.id)
    rates.take(hook.key, client)
    return hook, message, now, waited


async def _hook(desk: Desk, name: str, rates: Rates, client: str) -> Hook:
    """What can be no hook's name is not looked for."""
    named = HOOK.fullmatch(name) is not None
    if named and (hook := await in_time(hook_by_id, desk.ledger, name)):
        return hook
    if named:
        rates.failed(client)
    raise Problem("not-found", "There is no hook at this address; `accord hooks list` shows them.")


async def _taken(desk: Desk, delivery: Delivery) -> Response:
    hook, payload, faulty, _ = delivery
    sending = Sending(hook.id, faulty.delivery, faulty.delivery, by_content=True)  # twice at once, the second waits
    if before := await in_time(_before, desk.ledger, sending):
        return _answer(before, [])
    submitted_at = _submitted_at(hook, payload, faulty.at)
    read = form_of(payload.answers, hook.map, desk.form, desk.fields)
    given = await desk.intake.receive(_arrival(desk, delivery, sending, read, submitted_at))
    await _settle(desk, faulty, given, read)
    return _answer(given, read.left_out)


def _before(ledger: Ledger, sending: Sending) -> Answer | None:
    with ledger.reading() as connection:
        return answer_given(connection, sending)


def _arrival(desk: Desk, delivery: Delivery, sending: Sending, read: Read, submitted_at: datetime | None) -> Arrival:
    return Arrival(
        key=delivery.hook.key,
        sent=read.values,
        form=read.form,
        fields=desk.fields,
        sending=sending,
        arrived_at=delivery.faulty.at,
        client="",
        submitted_at=submitted_at,
        waited=delivery.waited,
    )


def _submitted_at(hook: Hook, payload: Payload, now: datetime) -> datetime | None:
    """A tool that signs no time could be repeated for ever: what is older than what is remembered is not taken."""
    said = opened(payload.submitted_at, now + CLOCKS_DIFFER)
    if SCHEMES[hook.source].timestamp is None and (said is None or now - said >= FAULTS_KEPT):
        raise Problem("signature-stale", "A form of more than thirty days ago is not taken from here.")
    return said and min(said, now)


async def _settle(desk: Desk, faulty: Faulty, given: Answer, read: Read) -> None:
    """What could not be read stays beside the lead; what was refused before is so no more."""
    if given.replayed:
        return
    if read.left_out:
        await keep(desk.ledger, desk.intake.writer, faulty, read.left_out, given.lead)
    elif await in_time(has_fault, desk.ledger, faulty.hook, faulty.delivery):
        await settle(desk.intake.writer, faulty.hook, faulty.delivery)


def _answer(given: Answer, left_out: Sequence[Place]) -> Response:
    note(lead=given.lead, decision=given.decision.id if given.decision else None, replayed=given.replayed)
    pointers = [place.pointer or "#" for place in left_out]
    answer = as_json({"lead": given.lead, "left_out": pointers}, 200 if given.replayed else 202)
    if given.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer

"""What was sent to receivers and to people, what waits, and what was given up."""

import re
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from leads.ledger import MESSAGE_STATES, MessageState, deliveries, replay
from serving.delivery.told import delivery_told
from serving.endpoints.desk import as_json, caller, desk_of
from serving.endpoints.receivers import Posted
from serving.openapi import problems
from serving.problems import Problem

MESSAGE = re.compile("msg_[0-9a-f]{32}")
USUAL_LIMIT, MOST = 100, 500
PARAMETERS: list[dict[str, Any]] = [
    {"name": "state", "in": "query", "schema": {"type": "string", "enum": list(MESSAGE_STATES)}},
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL_LIMIT},
    },
    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "`next` of the page before"},
]


class DeliveryAnswer(BaseModel):
    message: str
    endpoint: str | None
    mail_to: str | None
    event: str
    lead: str | None
    decision: str | None
    state: MessageState
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    attempts: int
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None


class Page(BaseModel):
    deliveries: list[DeliveryAnswer]
    next: str | None


def delivery_endpoints() -> APIRouter:
    router = APIRouter()
    router.get(
        "/v1/deliveries",
        summary="List messages, newest first",
        response_model=Page,
        responses=problems(400, 401, 403, 422, 503),
        openapi_extra={"parameters": PARAMETERS},
    )(list_some)
    router.post(
        "/v1/deliveries/{message}/replay",
        summary="Send a message again",
        status_code=202,
        response_model=Posted,
        responses=problems(400, 401, 403, 404, 409, 503),
    )(send_again)
    return router


def list_some(request: Request) -> Response:
    caller(request, "receivers")
    asked = dict(request.query_params)
    limit = _limit(asked.pop("limit", str(USUAL_LIMIT)))
    state, after = _state(asked.pop("state", None)), _after(asked.pop("after", None))
    if asked:
        raise Problem("parameter", "Only state, limit and after can be asked for.")
    found = deliveries(desk_of(request).ledger, state, limit + 1, after)
    more = found[limit - 1].message if len(found) > limit else None
    return as_json({"deliveries": [delivery_told(delivery) for delivery in found[:limit]], "next": more})


def send_again(request: Request, message: str) -> Response:
    """Under its old id, with all its attempts anew; also one that was delivered, for a receiver that lost it."""
    caller(request, "receivers")
    done = None
    if MESSAGE.fullmatch(message):
        with desk_of(request).ledger.transaction() as connection:
            done = replay(connection, message, datetime.now(UTC))
    if done is None:
        raise Problem("not-found", "There is no message with this id; GET /v1/deliveries lists them.")
    if not done:
        raise Problem("not-replayable", "It was cancelled, or its receiver was removed; post what is new instead.")
    return as_json({"message": message}, 202)


def _limit(text: str) -> int:
    if re.fullmatch("[0-9]{1,4}", text) and 1 <= int(text) <= MOST:
        return int(text)
    raise Problem("parameter", f"limit must be a whole number from 1 to {MOST}.")


def _state(text: str | None) -> MessageState | None:
    for state in MESSAGE_STATES:
        if text == state:
            return state
    if text is None:
        return None
    raise Problem("parameter", f"state must be one of {', '.join(MESSAGE_STATES)}.")


def _after(text: str | None) -> str | None:
    if text is None or MESSAGE.fullmatch(text):
        return text
    raise Problem("parameter", "after must be what the page before gave as next.")

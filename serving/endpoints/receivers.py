"""The receivers of webhooks over HTTP: who is told of leads, and how they know that it was us."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from pydantic import Field as Limits
from starlette.responses import Response

from leads.ledger import (
    USUAL_EVENTS,
    Event,
    add_receiver,
    change_receiver,
    disable_receiver,
    enable_receiver,
    post_test,
    receiver_by_id,
    receivers,
    remove_receiver,
    roll_secret,
)
from serving.delivery.addresses import UnusableURL, receiver_url
from serving.delivery.configuration import configuration
from serving.delivery.told import BY_HAND, receiver_told, time_told
from serving.edge.bodies import Body, body_of, is_empty, sent_body
from serving.endpoints.desk import as_json, caller, desk_of
from serving.openapi import problems
from serving.problems import Problem

ENDPOINT = re.compile("ep_[0-9a-f-]{36}")
OVERLAP_HOURS = 24.0
ONE = "/v1/endpoints/{endpoint}"
READING, WRITING, ABSENT = problems(400, 401, 403, 503), problems(400, 401, 403, 413, 415, 422, 503), problems(404)


class NewEndpoint(Body):
    url: str
    events: list[Event] = Limits(default=list(USUAL_EVENTS), min_length=1)
    label: Annotated[str | None, Limits(max_length=200)] = None


class EndpointChanges(Body):
    url: str = ""
    events: list[Event] = Limits(default=list(USUAL_EVENTS), min_length=1)
    label: Annotated[str | None, Limits(max_length=200)] = None
    disabled: bool = False


class Roll(Body):
    overlap_hours: Annotated[float, Limits(ge=0, le=720)] = OVERLAP_HOURS


class Endpoint(BaseModel):
    endpoint: str
    url: str
    events: list[str]
    label: str | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str | None
    last_success: datetime | None
    due: int = Limits(description="Messages that wait for an attempt")
    dead: int = Limits(description="Messages that were given up and can be replayed")


class EndpointWithSecret(Endpoint):
    secret: str = Limits(description="Shown this once: whsec_…, of Standard Webhooks 1.0")


class Rolled(BaseModel):
    endpoint: str
    secret: str
    old_secret_until: datetime


class Endpoints(BaseModel):
    endpoints: list[Endpoint]


class Posted(BaseModel):
    message: str


def receiver_endpoints() -> APIRouter:
    router = APIRouter()
    _for_all(router)
    _for_one(router)
    _for_its_messages(router)
    return router


def _for_all(router: APIRouter) -> None:
    router.get("/v1/endpoints", summary="List receivers", response_model=Endpoints, responses=READING)(list_all)
    router.post(
        "/v1/endpoints",
        summary="Add a receiver",
        status_code=201,
        response_model=EndpointWithSecret,
        responses=WRITING,
        openapi_extra=body_of(NewEndpoint),
    )(add)


def _for_one(router: APIRouter) -> None:
    router.get(ONE, summary="Read a receiver", response_model=Endpoint, responses=READING | ABSENT)(read)
    router.patch(
        ONE,
        summary="Change a receiver",
        response_model=Endpoint,
        responses=WRITING | ABSENT,
        openapi_extra=body_of(EndpointChanges),
    )(change)
    router.delete(ONE, summary="Remove a receiver", status_code=204, responses=READING | ABSENT)(remove)


def _for_its_messages(router: APIRouter) -> None:
    router.post(
        f"{ONE}/roll",
        summary="Give a receiver a new secret",
        response_model=Rolled,
        responses=WRITING | ABSENT,
        openapi_extra=body_of(Roll, required=False),
    )(roll)
    router.post(
        f"{ONE}/test",
        summary="Send a test message",
        status_code=202,
        response_model=Posted,
        responses=READING | ABSENT | problems(409),
    )(send_test)


def list_all(request: Request) -> Response:
    caller(request, "receivers")
    return as_json({"endpoints": [receiver_told(receiver) for receiver in receivers(desk_of(request).ledger)]})


async def add(request: Request) -> Response:
    """The secret is answered this once."""
    await run_in_threadpool(caller, request, "receivers")
    asked = await sent_body(request, NewEndpoint)
    return await run_in_threadpool(_add, request, asked)


def read(request: Request, endpoint: str) -> Response:
    caller(request, "receivers")
    return as_json(_found(request, endpoint))


async def change(request: Request, endpoint: str) -> Response:
    """What is not named stays. Enabled again, a receiver is sent what waited for it."""
    await run_in_threadpool(caller, request, "receivers")
    asked = await sent_body(request, EndpointChanges)
    return await run_in_threadpool(_change, request, endpoint, asked)


def remove(request: Request, endpoint: str) -> Response:
    """What waits for it is never sent."""
    caller(request, "receivers")
    _found(request, endpoint)
    with desk_of(request).ledger.transaction() as connection:
        remove_receiver(connection, endpoint, datetime.now(UTC))
    return Response(status_code=204)


async def roll(request: Request, endpoint: str) -> Response:
    """Until the overlap is over, messages carry a signature by each of the two secrets."""
    await run_in_threadpool(caller, request, "receivers")
    asked = Roll() if is_empty(request) else await sent_body(request, Roll)
    return await run_in_threadpool(_roll, request, endpoint, asked)


def send_test(request: Request, endpoint: str) -> Response:
    """The message goes the way of all others; GET /v1/deliveries says what came of it."""
    caller(request, "receivers")
    if _found(request, endpoint)["disabled_at"]:
        raise Problem("endpoint-disabled", 'Enable the receiver first: PATCH it with {"disabled": false}.')
    with desk_of(request).ledger.transaction() as connection:
        return as_json({"message": post_test(connection, endpoint, datetime.now(UTC))}, 202)


def _add(request: Request, asked: NewEndpoint) -> Response:
    url = _usable(asked.url)
    with desk_of(request).ledger.transaction() as connection:
        name, secret = add_receiver(connection, url, datetime.now(UTC), asked.events, asked.label)
    return as_json(_found(request, name) | {"secret": secret}, 201)


def _change(request: Request, endpoint: str, asked: EndpointChanges) -> Response:
    _found(request, endpoint)
    changes = asked.model_dump(include={"url", "events", "label"} & asked.model_fields_set)
    if "url" in changes:
        changes["url"] = _usable(asked.url)
    with desk_of(request).ledger.transaction() as connection:
        if changes:
            change_receiver(connection, endpoint, **changes)
        if "disabled" in asked.model_fields_set and asked.disabled:
            disable_receiver(connection, endpoint, BY_HAND, datetime.now(UTC))
        elif "disabled" in asked.model_fields_set:
            enable_receiver(connection, endpoint, datetime.now(UTC))
    return as_json(_found(request, endpoint))


def _roll(request: Request, endpoint: str, asked: Roll) -> Response:
    now, overlap = datetime.now(UTC), timedelta(hours=asked.overlap_hours)
    _found(request, endpoint)
    with desk_of(request).ledger.transaction() as connection:
        secret = roll_secret(connection, endpoint, overlap, now)
    return as_json({"endpoint": endpoint, "secret": secret, "old_secret_until": time_told(now + overlap)})


def _found(request: Request, endpoint: str) -> dict[str, Any]:
    known = None
    if ENDPOINT.fullmatch(endpoint):
        with desk_of(request).ledger.reading() as connection:
            known = receiver_by_id(connection, endpoint)
    if known is None:
        raise Problem("not-found", "There is no receiver with this id; GET /v1/endpoints lists them.")
    return receiver_told(known)


def _usable(url: str) -> str:
    try:
        return receiver_url(url, configuration().networks)
    except UnusableURL as error:
        raise Problem.at("#/url", error.code, str(error)) from None

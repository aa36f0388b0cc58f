"""What outcomes and engagements have in common over HTTP: one event of a lead, or many of any leads at once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import Response

from serving.deciding.intake import Intake
from serving.edge.event_body import MOST_KEYS, Path, Source, item_of, sent_event, sent_events
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.feedback.telling import UNKNOWN, Event, Told, Wrong
from serving.openapi import problems
from serving.problems import KINDS, Place, Problem, pointer_to
from serving.watch.notes import note


class WrongPlace(BaseModel):
    pointer: str
    code: str
    detail: str


class Call(NamedTuple):
    """`body` and `answer` are what /openapi.json says of them."""

    does: Callable[..., Awaitable[Response]]
    summary: str
    body: dict[str, Any]
    answer: type[BaseModel]


@dataclass(frozen=True)
class EventCalls(Generic[Event]):
    """What the calls of one kind of events have of their own. `kind` is also the scope that they need; `one` and
    `of_many` read what was sent; `says` is what an answer has besides the lead and the event."""

    kind: Literal["outcomes", "engagements"]
    one: Callable[[object, str, Source], Event]
    of_many: Callable[[object, Path, Source], Event]
    tell: Callable[[Intake, Sequence[Event]], list[Told]]
    says: Callable[[Told], dict[str, Any]]
    most_keys: int = MOST_KEYS


class Result(NamedTuple):
    """What came of one of many; `lead` is None where the event could not be read, or there is no such lead."""

    lead: str | None
    told: Told
    wrong: Sequence[Place]


def telling_endpoints(kind: str, one: Call, many: Call) -> APIRouter:
    router = APIRouter()
    wrong = problems(400, 401, 403, 409, 413, 415, 422, 503)
    before: dict[int | str, Any] = {200: {"model": one.answer, "description": "Told before; nothing changes"}}
    some: dict[int | str, Any] = {207: {"model": many.answer, "description": "Some events were not taken"}}
    for path, call, more in ((f"/v1/leads/{{lead}}/{kind}", one, before), (f"/v1/{kind}", many, some)):
        router.post(
            path,
            summary=call.summary,
            status_code=202,
            response_model=call.answer,
            responses=wrong | more,
            openapi_extra=call.body,
        )(call.does)
    return router


async def tell_one(request: Request, calls: EventCalls[Event], lead: str) -> Response:
    desk, source = await _source(request, calls.kind)
    event = calls.one(await sent_event(request), lead, source)
    [told] = await run_in_threadpool(calls.tell, desk.intake, [event])
    if told.wrong is not None:
        raise _problem_of(told.wrong)
    note(lead=lead, replayed=told.replayed)
    answer = as_json({"lead": lead, "event": event.event, **calls.says(told)}, _status(told))
    if told.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


async def tell_many(request: Request, calls: EventCalls[Event]) -> Response:
    desk, source = await _source(request, calls.kind)
    sent = await sent_events(request, calls.most_keys)
    return await run_in_threadpool(_told, desk, calls, sent, source)


async def _source(request: Request, kind: Literal["outcomes", "engagements"]) -> tuple[Desk, Source]:
    key, desk = await run_in_threadpool(caller, request, kind), desk_of(request)
    return desk, Source(key.id, desk.intake.decider.now())


def _told(desk: Desk, calls: EventCalls[Event], sent: Sequence[object], source: Source) -> Response:
    items = [item_of(one, place, calls.of_many, source) for place, one in enumerate(sent)]
    told = iter(calls.tell(desk.intake, [item.event for item in items if item.event is not None]))
    results = [
        _result(place, item.event.lead, next(told)) if item.event is not None else Result(None, Told(), item.wrong)
        for place, item in enumerate(items)
    ]
    wrong = [one for result in results for one in result.wrong]
    if all(result.wrong for result in results):
        raise Problem.of(wrong)
    return as_json({"results": [_body(result, calls) for result in results]}, 207 if wrong else 202)


def _result(place: int, lead: str, told: Told) -> Result:
    if told.wrong is None:
        return Result(lead, told, [])
    pointer = pointer_to(("events", place, *told.wrong.field.split("/")))
    known = lead if told.wrong is not UNKNOWN.wrong else None
    return Result(known, told, [Place(pointer, told.wrong.code, told.wrong.detail)])


def _body(result: Result, calls: EventCalls[Event]) -> dict[str, Any]:
    return {
        "status": KINDS[result.wrong[0].code].status if result.wrong else _status(result.told),
        "lead": result.lead,
        **calls.says(result.told),
        "errors": [place.told() for place in result.wrong],
    }


def _status(told: Told) -> int:
    return 200 if told.replayed else 202


def _problem_of(wrong: Wrong) -> Problem:
    if wrong is UNKNOWN.wrong:
        return Problem(wrong.code, wrong.detail, [Place(None, wrong.code, wrong.detail, "lead")])
    return Problem.at(pointer_to(wrong.field.split("/")), wrong.code, wrong.detail)

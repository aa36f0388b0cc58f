"""What people may ask for. Who is meant stands in the body: what a person is known by must not stand in a URL."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from starlette.responses import Response

from leads.settings import settings
from serving import answers
from serving.edge.bodies import Body, body_of, sent_body
from serving.endpoints.desk import Desk, as_json
from serving.endpoints.quarantine import Words, admitted, known_id
from serving.openapi import problems
from serving.problems import Problem
from serving.rights import overruling
from serving.rights.answers import Accepted, Objection, PersonExport
from serving.rights.erasure import erase_people
from serving.rights.export import person_export
from serving.rights.person import NoPerson, person_named
from serving.watch.notes import note

T = TypeVar("T")
Owner = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Named = Annotated[str, StringConstraints(max_length=500)]


class Overriding(Body):
    route: Literal["sales", "nurture", "review"]
    reason: Words
    owner: Owner | None = None


class Objecting(Body):
    objects: bool = True


class Somebody(Body):
    """An e-mail address or a telephone number."""

    person: Named


def rights_endpoints() -> APIRouter:
    router = APIRouter()
    told = problems(400, 401, 403, 404, 413, 415, 422, 503)
    said = problems(400, 401, 403, 413, 415, 422, 503)
    for path, does, summary, answered, body, errors, status in (
        (
            "/v1/leads/{lead}/override",
            override_lead,
            "Overrule a decision",
            answers.DecisionAnswer,
            Overriding,
            told,
            200,
        ),
        ("/v1/leads/{lead}/objection", object_for_lead, "Object to profiling", Objection, Objecting, told, 200),
        ("/v1/people/export", export_person, "Export a person", PersonExport, Somebody, said, 200),
        ("/v1/people/erase", erase_person, "Erase a person", Accepted, Somebody, said, 202),
    ):
        router.post(
            path,
            summary=summary,
            response_model=answered,
            responses=errors,
            openapi_extra=body_of(body),
            status_code=status,
        )(does)
    return router


async def override_lead(request: Request, lead: str) -> Response:
    """A person decides; it stands until the lead sends another form."""
    desk = await admitted(request, "leads")
    sent = await sent_body(request, Overriding)
    made = await _done(overruling.override, desk.intake, known_id(lead), sent.route, sent.reason, sent.owner)
    note(lead=made.lead, decision=made.id)
    return as_json(answers.decision_body(made, desk.zone))


async def object_for_lead(request: Request, lead: str) -> Response:
    """From now on only the scorecard scores this person, who is decided anew at once; {"objects": false} withdraws."""
    desk = await admitted(request, "privacy")
    sent = await sent_body(request, Objecting)
    made = await _done(overruling.object_to_profiling, desk.intake, (), known_id(lead), sent.objects)
    decision = next(one for one in made if one.lead == lead)
    note(lead=lead, decision=decision.id)
    return as_json({"objects": sent.objects, "decision": answers.decision_body(decision, desk.zone)})


async def export_person(request: Request) -> Response:
    """Everything known of a person: what was sent, decided and why, and what was sent on to whom."""
    desk = await admitted(request, "privacy")
    people = await _named(request, desk)
    return as_json(await run_in_threadpool(person_export, desk.ledger, people, desk.zone))


async def erase_person(request: Request) -> Response:
    """Forgets a person, or all who gave a telephone number, for good. The answer never tells whether somebody was
    known; repeating it does no harm."""
    desk = await admitted(request, "privacy")
    people = await _named(request, desk)
    await run_in_threadpool(erase_people, lambda work: overruling.written(desk.intake, work), settings().home, people)
    return as_json({"status": "accepted"}, 202)


async def _named(request: Request, desk: Desk) -> tuple[str, ...]:
    sent = await sent_body(request, Somebody)
    try:
        return await run_in_threadpool(person_named, desk.ledger, sent.person)
    except NoPerson as nobody:
        raise Problem.at("#/person", "person-format", str(nobody)) from None


async def _done(work: Callable[..., T], *given: Any) -> T:
    try:
        return await run_in_threadpool(work, *given)
    except overruling.NoSuchLead as unknown:
        raise Problem("not-found", str(unknown)) from None

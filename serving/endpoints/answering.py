"""Answering for a lead by the link of a mail: whoever has the link may, until the lead goes on to somebody else."""

from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from leads.kinds import LARGEST, number_of
from leads.lead import Assignment, Decision, Outcome
from leads.ledger import Connection, LedgerUnavailable, assignment_of, decisions_by_id, outcomes_of
from leads.outcome import state_of
from serving.edge.answer_page import FORM, About, SentAnswer, asked, refused, taken
from serving.edge.bodies import validated
from serving.edge.html_form import read_texts
from serving.edge.rates import Rates, neighbourhood
from serving.endpoints.desk import Desk, desk_of
from serving.feedback.answer_links import AnswerLink, event_of, read
from serving.feedback.outcomes import moved, tell
from serving.feedback.telling import Wrong
from serving.openapi import problems
from serving.outages import problem_of
from serving.problems import Problem
from serving.watch.notes import note

PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
WRONG = problems(400, 404, 409, 410, 413, 415, 422, 503)


class Opened(NamedTuple):
    """A link that holds, and the lead as it stands."""

    link: AnswerLink
    decision: Decision
    stands: Assignment


def answer_endpoints() -> APIRouter:
    router = APIRouter()
    wrong = {status: {**said, "content": said["content"] | PAGE["content"]} for status, said in WRONG.items()}
    for method, does, summary, more in (
        ("GET", ask, "Open the link of a mail", {}),
        ("POST", answer, "Answer by the link of a mail", FORM),
    ):
        router.add_api_route(
            "/v1/answer/{token}",
            does,
            methods=[method],
            summary=summary,
            response_class=Response,
            responses={200: PAGE, **wrong},
            openapi_extra={"security": [], **more},
        )
    return router


async def ask(request: Request, token: str) -> Response:
    """A page that says what the link is about, with a button for each answer. Opening it changes nothing."""
    desk = desk_of(request)
    try:
        opened = await run_in_threadpool(_opened, request, desk, token)
        about = await run_in_threadpool(_about, desk, opened)
    except (Problem, LedgerUnavailable) as error:
        return _refused(request, error)
    return asked(about, desk.intake.agreement.sales.reasons)


async def answer(request: Request, token: str) -> Response:
    """What the owner says became of the lead. The same answer by the same link again changes nothing."""
    desk = desk_of(request)
    try:
        opened = await run_in_threadpool(_opened, request, desk, token)
        sent = validated(SentAnswer, await read_texts(request, {}))
        replayed = await run_in_threadpool(_told, desk, opened.link, event_of(token, sent.type), sent)
        return taken(await run_in_threadpool(_about, desk, opened), replayed)
    except (Problem, LedgerUnavailable) as error:
        return _refused(request, error)


def _refused(request: Request, error: Problem | LedgerUnavailable) -> Response:
    return refused(request, error if isinstance(error, Problem) else problem_of(error))


def _opened(request: Request, desk: Desk, token: str) -> Opened:
    rates: Rates = request.app.state.rates
    rates.followed(neighbourhood(request.client.host if request.client else ""))
    link = read(token, desk.ledger.salt)
    if link is None:
        raise Problem("link-unknown", "Open it from the mail again, whole: some programs cut long links.")
    note(lead=link.lead)
    if link.ends_at <= desk.intake.decider.now():
        raise Problem("link-expired", "A link of a mail can be used for 30 days. Tell it in your CRM.")
    with desk.ledger.reading() as connection:
        return _held(connection, link)


def _held(connection: Connection, link: AnswerLink) -> Opened:
    decision = decisions_by_id(connection, [link.decision]).get(link.decision)
    stands = assignment_of(connection, link.lead)
    if decision is None or stands is None:
        raise _erased()
    if wrong := moved(stands, link.owner):
        raise Problem(wrong.code, wrong.detail)
    return Opened(link, decision, stands)


def _about(desk: Desk, opened: Opened) -> About:
    with desk.ledger.reading() as connection:
        state = state_of(outcomes_of(connection, opened.link.lead))
    due = opened.stands.respond_by.astimezone(desk.zone)
    told = f"{due:%A %d %B %Y, %H:%M} ({desk.zone.key})" if state == "open" else None
    return About(opened.link.lead[-6:], opened.decision.band, opened.link.owner, told, state)


def _told(desk: Desk, link: AnswerLink, event: str, sent: SentAnswer) -> bool:
    """Whether it was told before."""
    now = desk.intake.decider.now()
    worth = _worth(sent.value)
    outcome = Outcome(link.lead, event, sent.type, now, now, sent.reason, worth, None, told_by=link.owner)
    [told] = tell(desk.intake, [outcome])
    if told.wrong is None:
        return False
    if told.wrong.code == "event-conflict" and _same(desk, outcome):
        note(replayed=True)
        return True
    raise _problem(told.wrong)


def _same(desk: Desk, outcome: Outcome) -> bool:
    """Told before by this link; only the moment differs."""
    with desk.ledger.reading() as connection:
        before = next(one for one in outcomes_of(connection, outcome.lead) if one.event == outcome.event)
    return (before.reason, before.value) == (outcome.reason, outcome.value)


def _worth(said: str | None) -> float | None:
    """None where the field was left empty."""
    try:
        worth = number_of(said, money=True) if said is not None else None
    except PydanticCustomError:
        worth = -1.0
    if worth is not None and not 0 <= worth <= LARGEST:
        raise Problem.at("#/value", "value", "value must be an amount such as 12500 or 12,500.50, or left empty.")
    return worth


def _problem(wrong: Wrong) -> Problem:
    if wrong.code == "unknown-lead":
        return _erased()
    if wrong.code == "event-conflict":
        return Problem(wrong.code, "This link told another reason or worth before. Tell the right one in your CRM.")
    if wrong.field == "reason":
        return Problem.at("#/reason", wrong.code, wrong.detail)
    return Problem(wrong.code, wrong.detail)


def _erased() -> Problem:
    return Problem("lead-erased", "It was erased, so there is nothing to answer.")

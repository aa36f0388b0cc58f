"""Which agreements there were, and the approval of a proposed one."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.ledger import ChapterState, NoSuchAgreement, NoTeam, NotProposed, Team, approve
from serving.agreeing.agreements import approved_body, story
from serving.endpoints.desk import as_json, caller, desk_of
from serving.openapi import problems
from serving.problems import Problem


class AgreementApproval(BaseModel):
    team: Team
    key: str = Field(description="The first letters of its key")
    label: str | None = Field(description="What the key is for")
    approved_at: datetime


class AgreementChange(BaseModel):
    """In the words of `accord check`."""

    part: str
    before: list[str] = Field(description="What is said no longer")
    after: list[str] = Field(description="What is said instead")


class AgreementChapter(BaseModel):
    """An agreement that was in force once, or was only proposed."""

    agreement: int
    instead_of: int | None = Field(description="The one before it; null for the first")
    state: ChapterState
    proposed_at: datetime | None = Field(description="Null for one that was adopted as it was")
    approvals: list[AgreementApproval]
    in_force_from: datetime | None
    in_force_to: datetime | None
    changes: list[AgreementChange] | None
    keys: list[str] | None = Field(description="Every key of the file whose value differs")


class Agreements(BaseModel):
    """The oldest first."""

    in_force: int | None
    serving: int = Field(description="Under which this process decides; it takes up another when it is restarted")
    agreements: list[AgreementChapter]


class ApprovalTaken(BaseModel):
    agreement: int
    team: Team
    waits_for: list[Team] = Field(description="The teams that have not approved it yet")
    in_force: bool


def agreement_endpoints() -> APIRouter:
    router = APIRouter()
    before: dict[str, Any] = {"model": ApprovalTaken, "description": "Approved before; nothing changes"}
    router.get(
        "/v1/agreements",
        summary="Read which agreements there were",
        response_model=Agreements,
        responses=problems(400, 401, 403, 503),
    )(read_agreements)
    router.post(
        "/v1/agreements/{number}/approvals",
        summary="Approve the proposed agreement",
        status_code=201,
        response_model=ApprovalTaken,
        responses=problems(400, 401, 403, 404, 409, 503) | {200: before},
    )(approve_agreement)
    return router


def read_agreements(request: Request) -> Response:
    """Who proposed what in words, who approved it, and what was in force when."""
    caller(request, "leads", "approve-sales", "approve-marketing")
    desk = desk_of(request)
    told = story(desk.ledger)
    return as_json({"in_force": told["in_force"], "serving": desk.intake.number, "agreements": told["agreements"]})


def approve_agreement(request: Request, number: str) -> Response:
    """In the name of the team whose key it is; a key that may do everything speaks for neither. With both teams'
    approvals the agreement is in force."""
    key, desk = caller(request, "approve-sales", "approve-marketing"), desk_of(request)
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    try:
        done = approve(desk.ledger, known, key, desk.intake.decider.now())
    except NoTeam as refusal:
        raise Problem("scope", str(refusal)) from None
    except NoSuchAgreement as refusal:
        raise Problem("not-found", str(refusal)) from None
    except NotProposed as refusal:
        raise Problem("not-proposed", str(refusal)) from None
    return as_json(approved_body(done), 201 if done.anew else 200)

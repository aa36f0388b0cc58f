"""What scores leads now."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.lead import Rung
from leads.ledger.retraining import Result
from leads.ledger.standing import standing
from serving.endpoints.desk import as_json, caller, desk_of
from serving.openapi import problems
from serving.views.standing import standing_body


class RetrainingTold(BaseModel):
    retraining: int
    until: datetime = Field(description="What was known then, it learned from")
    result: Result
    why: str


class Model(BaseModel):
    model: str | None = Field(description="null while the agreement's scorecard scores")
    rung: Rung | None = Field(description="What kind of model it is: scorecard, logistic, trees or a blend of both")
    since: datetime | None
    why: str | None = Field(description="Why it serves")
    next_rung: str = Field(description="What a richer kind of model needs before it may serve")
    retrained: RetrainingTold | None = Field(description="The last retraining that came to an end")


def model_endpoints() -> APIRouter:
    router = APIRouter()
    router.get("/v1/model", summary="What scores leads now", response_model=Model, responses=problems(401, 403, 503))(
        answer_model
    )
    return router


def answer_model(request: Request) -> Response:
    """The model that serves, since when and why, and what the next kind of model needs. Secret keys only."""
    caller(request, "leads", "approve-sales", "approve-marketing")
    desk = desk_of(request)
    return as_json(standing_body(standing(desk.ledger), desk.zone))

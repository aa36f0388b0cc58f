"""Reading what became of leads, strictly: one outcome, or many of which each is right or wrong by itself."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field
from starlette.requests import Request

from leads.kinds import LARGEST
from leads.lead import Outcome, OutcomeType
from serving.edge.bodies import Body, validated
from serving.edge.event_body import Path, Source, batch_of, moment_of, sound
from serving.edge.json_body import read_tree
from serving.problems import Place, Problem

REASON = "Why it was rejected (then needed) or lost: one of the agreement's sales.reasons"


class SentOutcome(Body):
    event: Annotated[str, Field(min_length=1, max_length=200, description="Your own id of it, once a lead")]
    type: OutcomeType
    occurred_at: Annotated[str, Field(max_length=64, description="RFC 3339, with its zone")]
    reason: Annotated[str | None, Field(min_length=1, max_length=64, description=REASON)] = None
    value: Annotated[float | None, Field(ge=0, le=LARGEST, description="What a conversion is worth")] = None


class SentLeadOutcome(SentOutcome):
    lead: Annotated[str, Field(description="ld_…")]


class Item(NamedTuple):
    """One of many: an outcome, or the places where it is wrong."""

    outcome: Outcome | None
    wrong: Sequence[Place] = ()


BATCH = batch_of(SentLeadOutcome)


async def sent_outcome(request: Request, lead: str, source: Source) -> Outcome:
    return _outcome(sound(await read_tree(request), ()), lead, source, ())


def item_of(sent: object, place: int, source: Source) -> Item:
    under = ("events", place)
    try:
        told = validated(SentLeadOutcome, sound(sent, under), under)
        return Item(_timed(told, told.lead, source, under))
    except Problem as problem:
        return Item(None, problem.places)


def _outcome(sent: object, lead: str, source: Source, under: Path) -> Outcome:
    return _timed(validated(SentOutcome, sent, under), lead, source, under)


def _timed(sent: SentOutcome, lead: str, source: Source, under: Path) -> Outcome:
    occurred_at = moment_of(sent.occurred_at, (*under, "occurred_at"))
    return Outcome(lead, sent.event, sent.type, occurred_at, source.at, sent.reason, sent.value, source.key)

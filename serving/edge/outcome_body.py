"""Reading what became of leads, strictly: one outcome, or many of which each is right or wrong by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field
from starlette.requests import Request

from leads.kinds import LARGEST
from leads.lead import Outcome, OutcomeType
from serving.edge.arrival import zoned
from serving.edge.bodies import Body, validated
from serving.edge.json_body import flaws_in, read_tree
from serving.problems import Place, Problem, pointer_to

MOST_AT_ONCE = 1_000
LARGEST_BATCH = 1_048_576
MOST_KEYS = 10_000
Path = tuple[str | int, ...]
REASON = "Why it was rejected (then needed) or lost: one of the agreement's sales.reasons"


class Source(NamedTuple):
    """Who told it, and when."""

    key: str
    at: datetime


class SentOutcome(Body):
    event: Annotated[str, Field(min_length=1, max_length=200, description="Your own id of it, once a lead")]
    type: OutcomeType
    occurred_at: Annotated[str, Field(max_length=64, description="RFC 3339, with its zone")]
    reason: Annotated[str | None, Field(min_length=1, max_length=64, description=REASON)] = None
    value: Annotated[float | None, Field(ge=0, le=LARGEST, description="What a conversion is worth")] = None


class SentLeadOutcome(SentOutcome):
    lead: Annotated[str, Field(description="ld_…")]


class Batch(Body):
    events: Annotated[list[Any], Field(min_length=1)]


class Item(NamedTuple):
    """One of many: an outcome, or the places where it is wrong."""

    outcome: Outcome | None
    wrong: Sequence[Place] = ()


BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["events"],
    "additionalProperties": False,
    "properties": {
        "events": {
            "type": "array",
            "minItems": 1,
            "description": f"At most {MOST_AT_ONCE:,} at once; more are too large a body",
            "items": SentLeadOutcome.model_json_schema(),
        }
    },
}
"""What /openapi.json says of many."""


async def sent_outcome(request: Request, lead: str, source: Source) -> Outcome:
    return _outcome(_sound(await read_tree(request), ()), lead, source, ())


async def sent_outcomes(request: Request) -> list[object]:
    """Not read further than that there are as many as may be sent at once."""
    tree = await read_tree(request, LARGEST_BATCH, MOST_KEYS)
    events = tree.get("events") if isinstance(tree, dict) else None
    _sound({**tree, "events": []} if isinstance(tree, dict) and isinstance(events, list) else tree, ())
    many = validated(Batch, tree).events
    if len(many) > MOST_AT_ONCE:
        detail = f"At most {MOST_AT_ONCE:,} events are taken at once; send the rest in another call."
        raise Problem.at("#/events", "body-too-large", detail)
    return many


def item_of(sent: object, place: int, source: Source) -> Item:
    under = ("events", place)
    try:
        told = validated(SentLeadOutcome, _sound(sent, under), under)
        return Item(_timed(told, told.lead, source, under))
    except Problem as problem:
        return Item(None, problem.places)


def _outcome(sent: object, lead: str, source: Source, under: Path) -> Outcome:
    return _timed(validated(SentOutcome, sent, under), lead, source, under)


def _timed(sent: SentOutcome, lead: str, source: Source, under: Path) -> Outcome:
    try:
        occurred_at = zoned(sent.occurred_at)
    except (ValueError, OverflowError):
        detail = "occurred_at must be a moment with its zone, such as 2026-11-23T09:00:00+01:00"
        raise Problem.at(pointer_to((*under, "occurred_at")), "timestamp", detail) from None
    return Outcome(lead, sent.event, sent.type, occurred_at, source.at, sent.reason, sent.value, source.key)


def _sound(sent: object, under: Path) -> dict[str, object]:
    """One object without flaws. A number that is not finite is out of the range of what a conversion may be worth."""
    if flaws := flaws_in(sent, under):
        raise Problem.of(
            [replace(flaw, code="out-of-range") if flaw.code == "json-not-finite" else flaw for flaw in flaws]
        )
    if not isinstance(sent, dict):
        raise Problem.at(pointer_to(under), "object-expected", 'Send one JSON object, such as {"event": …}.')
    return sent

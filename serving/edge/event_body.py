"""Reading what others tell of leads: one event, or many of which each is right or wrong by itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, Field
from starlette.requests import Request

from serving.edge.arrival import zoned
from serving.edge.bodies import Body, validated
from serving.edge.json_body import flaws_in, read_tree
from serving.problems import Place, Problem, pointer_to

MOST_AT_ONCE = 1_000
LARGEST_BATCH = 1_048_576
MOST_KEYS = 10_000
Path = tuple[str | int, ...]
T = TypeVar("T")


class Source(NamedTuple):
    """Who told it, and when."""

    key: str
    at: datetime


class Item(NamedTuple, Generic[T]):
    """One of many: an event, or the places where it is wrong."""

    event: T | None
    wrong: Sequence[Place] = ()


class Batch(Body):
    events: Annotated[list[Any], Field(min_length=1)]


def batch_of(event: type[BaseModel]) -> dict[str, Any]:
    """What /openapi.json says of many."""
    events = {
        "type": "array",
        "minItems": 1,
        "description": f"At most {MOST_AT_ONCE:,} at once; more are too large a body",
        "items": event.model_json_schema(),
    }
    batch = {"type": "object", "required": ["events"], "additionalProperties": False, "properties": {"events": events}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": batch}}}}


async def sent_event(request: Request) -> dict[str, object]:
    return sound(await read_tree(request), ())


async def sent_events(request: Request, most_keys: int = MOST_KEYS) -> list[object]:
    """Not read further than that there are as many as may be sent at once."""
    tree = await read_tree(request, LARGEST_BATCH, most_keys)
    events = tree.get("events") if isinstance(tree, dict) else None
    sound({**tree, "events": []} if isinstance(tree, dict) and isinstance(events, list) else tree, ())
    many = validated(Batch, tree).events
    if len(many) > MOST_AT_ONCE:
        detail = f"At most {MOST_AT_ONCE:,} events are taken at once; send the rest in another call."
        raise Problem.at("#/events", "body-too-large", detail)
    return many


def item_of(sent: object, place: int, read: Callable[[object, Path, Source], T], source: Source) -> Item[T]:
    under = ("events", place)
    try:
        return Item(read(sound(sent, under), under, source))
    except Problem as problem:
        return Item(None, problem.places)


def sound(sent: object, under: Path) -> dict[str, object]:
    """One object without flaws. A number that is not finite is out of the range of what it may be."""
    if flaws := flaws_in(sent, under):
        raise Problem.of(
            [replace(flaw, code="out-of-range") if flaw.code == "json-not-finite" else flaw for flaw in flaws]
        )
    if not isinstance(sent, dict):
        raise Problem.at(pointer_to(under), "object-expected", 'Send one JSON object, such as {"event": …}.')
    return sent


def moment_of(text: str, place: Path) -> datetime:
    try:
        return zoned(text)
    except (ValueError, OverflowError):
        detail = f"{place[-1]} must be a moment with its zone, such as 2026-11-23T09:00:00+01:00"
        raise Problem.at(pointer_to(place), "timestamp", detail) from None

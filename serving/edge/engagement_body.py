"""Reading what leads did after their form, strictly.

Of the properties only what tells a scanner from a person, or one page from another, is kept; nothing that names the
person is."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from leads.lead import Engagement
from serving.edge.bodies import Body, validated
from serving.edge.event_body import Path, Source, moment_of
from serving.problems import Place, Problem, named, pointer_to

PROPERTIES: Mapping[str, str] = {
    "mail": "Your id of the mail that was opened or clicked",
    "url": "The link that was clicked; what stands behind ? or # is not kept",
    "delivered_at": "When the mail was delivered, RFC 3339 with its zone",
    "page": "The page that was seen; what stands behind ? or # is not kept",
    "title": "Of the page, the webinar or what was downloaded",
    "campaign": "Which campaign of yours it belongs to",
}
LONGEST = 500
MOST_KEYS = 20_000
"""Of a whole batch."""
AN_ADDRESS = re.compile(r"[^\s/@?#&=]+@[^\s/@?#&=]+\.\w{2,}|%40")
MESSAGE_ID = re.compile("<[^<>]+>")
OF_PROPERTIES: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: {"anyOf": [{"type": "string", "maxLength": LONGEST}, {"type": "number"}], "description": says}
        for name, says in PROPERTIES.items()
    },
}
"""What /openapi.json says of them."""


class SentEngagement(Body):
    event: Annotated[str, Field(min_length=1, max_length=200, description="Your own id of it, once a lead")]
    kind: Annotated[str, Field(min_length=1, max_length=32, description="One of the agreement's marketing.engagements")]
    occurred_at: Annotated[str, Field(max_length=64, description="RFC 3339, with its zone")]
    properties: Annotated[dict[str, Any], Field(default_factory=dict, json_schema_extra=OF_PROPERTIES)]


class SentLeadEngagement(SentEngagement):
    lead: Annotated[str, Field(description="ld_…")]


def sent_engagement(sent: object, lead: str, source: Source) -> Engagement:
    return _engagement(validated(SentEngagement, sent), lead, source, ())


def sent_lead_engagement(sent: object, under: Path, source: Source) -> Engagement:
    told = validated(SentLeadEngagement, sent, under)
    return _engagement(told, told.lead, source, under)


def _engagement(sent: SentEngagement, lead: str, source: Source, under: Path) -> Engagement:
    occurred_at = moment_of(sent.occurred_at, (*under, "occurred_at"))
    _impersonal("event", sent.event, (*under, "event"))
    kept = dict(_properties(sent.properties, (*under, "properties")))
    return Engagement(lead, sent.event, sent.kind, occurred_at, source.at, kept, source.key)


def _properties(sent: Mapping[str, object], under: Path) -> Iterator[tuple[str, str]]:
    """In one order, so that the same properties are the same content."""
    if unknown := [name for name in sent if name not in PROPERTIES]:
        detail = f"is not kept, since it may tell of the person; leave it out. Kept are {', '.join(PROPERTIES)}."
        raise Problem.of(
            [Place(pointer_to((*under, one)), "unknown-field", f"{named([one])} {detail}") for one in unknown]
        )
    for name in PROPERTIES:
        if sent.get(name) is not None:
            yield name, _property(name, sent[name], (*under, name))


def _property(name: str, value: object, place: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Problem.at(pointer_to(place), "type", f"{name} must be a text or a number.")
    text = str(value)
    if len(text) > LONGEST:
        raise Problem.at(pointer_to(place), "too-long", f"{name} may have {LONGEST} characters at most.")
    if name == "delivered_at":
        return moment_of(text, place).astimezone(UTC).isoformat()
    kept = _path(text) if name in ("url", "page") else text
    if not (name == "mail" and MESSAGE_ID.fullmatch(kept)):
        _impersonal(name, kept, place)
    return kept


def _impersonal(name: str, text: str, place: Path) -> None:
    if AN_ADDRESS.search(text):
        detail = f"{name} holds an e-mail address, and nothing of the person is kept here; send it without."
        raise Problem.at(pointer_to(place), "value", detail)


def _path(address: str) -> str:
    """Without query and fragment, where links carry who clicked them."""
    try:
        parts = urlsplit(address)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:  # no address: its text up to there
        return re.split("[?#]", address, maxsplit=1)[0]

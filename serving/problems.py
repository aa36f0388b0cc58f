"""Every error the service can answer, by its code; the answers are RFC 9457 problem details."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from serving.watch.notes import notes

MEDIA_TYPE = "application/problem+json"
LONGEST_POINTED_KEY = 200
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str


KINDS: dict[str, Kind] = {
    "json-not-finite": Kind(400, "A number is not finite"),
    "json-duplicate-key": Kind(400, "A key is given twice"),
    "json-bad-unicode": Kind(400, "A text is not valid Unicode"),
    "json-bom": Kind(400, "The body begins with a byte order mark"),
    "json-syntax": Kind(400, "The body is not JSON"),
    "json-too-deep": Kind(400, "The JSON is nested too deeply"),
    "json-too-many-keys": Kind(400, "The body has too many keys"),
    "json-number-too-long": Kind(400, "A number has too many digits"),
    "http-syntax": Kind(400, "This is not HTTP"),
    "not-utf8": Kind(400, "The body is not UTF-8"),
    "empty-body": Kind(400, "The body is empty"),
    "content-length": Kind(400, "The body is not as long as announced"),
    "idempotency-key": Kind(400, "The Idempotency-Key cannot be used"),
    "webhook-id": Kind(400, "The webhook-id cannot be used"),
    "webhook-timestamp": Kind(400, "The time of a message cannot be read"),
    "key-in-url": Kind(400, "A key must not stand in the URL"),
    "key-missing": Kind(401, "A key is needed"),
    "key-invalid": Kind(401, "The key is not valid"),
    "signature": Kind(401, "The signature does not fit the message"),
    "signature-stale": Kind(401, "The message was signed too long ago, or ahead of time"),
    "scope": Kind(403, "The key may not do this"),
    "origin": Kind(403, "The key may not be used from this page"),
    "not-found": Kind(404, "There is nothing here"),
    "method": Kind(405, "The method is not allowed here"),
    "not-acceptable": Kind(406, "Only JSON and HTML are answered here"),
    "idempotency-in-progress": Kind(409, "The same sending is being stored"),
    "link-unknown": Kind(404, "The link of the mail is not valid"),
    "link-expired": Kind(410, "The link of the mail is too old"),
    "lead-erased": Kind(410, "The lead was erased"),
    "lead-moved": Kind(409, "Somebody else has the lead now"),
    "not-quarantined": Kind(409, "The lead is not in quarantine"),
    "import-running": Kind(409, "The same table is being imported"),
    "event-conflict": Kind(409, "The event was told otherwise before"),
    "not-proposed": Kind(409, "The agreement is not what is proposed now"),
    "endpoint-disabled": Kind(409, "The receiver is disabled"),
    "not-replayable": Kind(409, "The message cannot be sent again"),
    "body-too-large": Kind(413, "The body is too large"),
    "media-type": Kind(415, "The body is of a type that is not read here"),
    "charset": Kind(415, "The body must be UTF-8"),
    "encoding": Kind(415, "The body must not be compressed"),
    "csv-header": Kind(422, "The columns of the table are not those that are read"),
    "csv-row": Kind(422, "A row of the table is broken"),
    "csv-encoding": Kind(422, "The table is not UTF-8"),
    "csv-empty": Kind(422, "The table has no rows"),
    "rate-limited": Kind(429, "Too much was sent"),
    "headers-too-large": Kind(431, "The headers are too large"),
    "idempotency-mismatch": Kind(422, "The Idempotency-Key belongs to another body"),
    "unknown-lead": Kind(422, "There is no such lead"),
    "timestamp": Kind(422, "A time cannot be right"),
    "object-expected": Kind(422, "The body must be a JSON object"),
    "redirect": Kind(422, "The page to go to does not belong to the key"),
    "unknown-field": Kind(422, "The form does not have this field"),
    "required": Kind(422, "A required field is missing"),
    "type": Kind(422, "A value has the wrong type"),
    "out-of-range": Kind(422, "A number is out of range"),
    "too-long": Kind(422, "A text is too long"),
    "control-character": Kind(422, "A text holds control characters"),
    "email-format": Kind(422, "This is not an e-mail address"),
    "phone-format": Kind(422, "This is not a telephone number"),
    "person-format": Kind(422, "This names no person"),
    "url-format": Kind(422, "This is not a web address"),
    "date-format": Kind(422, "This is not a date"),
    "consent-format": Kind(422, "Consent must be true or false"),
    "url-scheme": Kind(422, "A receiver's URL must begin with https://"),
    "url-userinfo": Kind(422, "A URL must not hold a name or a password"),
    "url-port": Kind(422, "The port may not be used"),
    "url-not-public": Kind(422, "The address is not public"),
    "value": Kind(422, "A value does not fit its field"),
    "parameter": Kind(422, "A parameter of the URL cannot be used"),
    "internal": Kind(500, "Something went wrong here"),
    "ledger-unavailable": Kind(503, "Leads cannot be stored at the moment"),
    "ledger-busy": Kind(503, "Somebody else is writing to the ledger"),
    "storage-full": Kind(503, "There is no room left to store leads"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One wrong place, in the body or a parameter of the URL; `detail` never holds the value that was sent."""

    pointer: str | None
    code: str
    detail: str
    parameter: str | None = None

    def told(self) -> dict[str, str]:
        where = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer or "#"}
        return {**where, "code": self.code, "detail": self.detail}


class Problem(Exception):
    """`detail` says what to do about it and never repeats what was sent."""

    def __init__(
        self, code: str, detail: str, places: Sequence[Place] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.places = tuple(places)
        self.headers = dict(headers or {})

    @classmethod
    def at(cls, pointer: str, code: str, detail: str) -> "Problem":
        return cls(code, detail, (Place(pointer, code, detail),))

    @classmethod
    def of_parameter(cls, name: str, detail: str) -> "Problem":
        return cls("parameter", detail, (Place(None, "parameter", detail, name),))

    @classmethod
    def of(cls, places: Sequence[Place]) -> "Problem":
        """Several wrong places in one answer, which carries the code of the first."""
        more = len(places) - 1
        detail = places[0].detail if not more else f"{places[0].detail}, and {more} more; see errors."
        return cls(places[0].code, detail, places)


def pointer_to(path: Sequence[str | int]) -> str:
    """A JSON pointer as a URI fragment (RFC 6901 section 6). A key too long to repeat ends it at its parent."""
    parts = []
    for step in path:
        if len(str(step)) > LONGEST_POINTED_KEY:
            break
        parts.append("/" + quote(str(step).replace("~", "~0").replace("/", "~1"), safe="~", errors="replace"))
    return "#" + "".join(parts)


def named(path: Sequence[str | int]) -> str:
    """How a detail names a place: as it was sent, as far as that can be shown."""
    text = "/".join(map(str, path))[: LONGEST_NAME + 1]
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


def type_of(code: str) -> str:
    """A reference to the page of this very service that explains the code."""
    return f"/problems/{code}"


def answer(problem: Problem) -> Response:
    kind, about = KINDS[problem.code], notes()
    about.code = problem.code
    body: dict[str, Any] = {
        "type": type_of(problem.code),
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": about.request,
    }
    if problem.places:
        body["errors"] = [place.told() for place in problem.places]
    return Response(json.dumps(body), kind.status, problem.headers, MEDIA_TYPE)


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for an answer that the framework gives by itself."""
    if status == HTTPStatus.NOT_FOUND:
        return Problem("not-found", "Look at / for what this service offers.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        possible = (headers or {}).get("Allow", "").replace(", ", " or ")
        return Problem("method", f"Use {possible or 'another method'} here.", headers=headers)
    return Problem("internal", "Try again; if it stays, tell the people who run this service.")

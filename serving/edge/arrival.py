"""One sending on its way in: what was sent, by whom, and how it is known when it comes again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from pydantic import BaseModel

from leads.fields import Field, Value
from leads.form import form_values
from leads.ledger import Key, Sending, digest
from leads.person import identities
from leads.refusal import Refusal
from serving.edge.access import origin_of_page
from serving.problems import Problem

RESERVED = ("_key", "_idempotency_key", "_website", "_opened_at", "_submitted_at", "_redirect")
"""What a sender may add to the form's own fields; none of it is stored with them."""
TOKEN = re.compile(r"[\x21-\x7e]{1,255}")
CLOCKS_DIFFER = timedelta(minutes=5)
OLDEST = timedelta(days=3650)


@dataclass(frozen=True)
class Arrival:
    """`sent` is the form as it was sent, `form` the same once checked. `opened_at` is when the visitor got the page,
    `submitted_at` when a sender that waits with sending got the form; `website` is the honeypot. `waited` are the
    seconds that the ledger took to know the key: they are part of what a form can wait."""

    key: Key
    sent: Mapping[str, object]
    form: BaseModel
    fields: Mapping[str, Field]
    sending: Sending
    arrived_at: datetime
    client: str
    website: str = ""
    opened_at: datetime | None = None
    submitted_at: datetime | None = None
    redirect: str | None = None
    by_html_form: bool = False
    waited: float = 0.0

    @cached_property
    def values(self) -> dict[str, Value]:
        return form_values(self.form)

    @cached_property
    def people(self) -> tuple[str, ...]:
        return identities(self.values, self.fields)


def without_reserved(sent: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The form's own fields, and what was added to them."""
    own = {key: value for key, value in sent.items() if key not in RESERVED}
    return own, {key: value for key, value in sent.items() if key in RESERVED}


def sending_of(key: Key, given: str | None, sent: Mapping[str, object], salt: bytes) -> Sending:
    """A sender names each sending with an Idempotency-Key. One that cannot may say in `_opened_at` when the page was
    opened: the same content from the same opening is the same sending, however often a button is pressed. With neither,
    every sending counts, and a person who sends twice has two submissions of one lead."""
    body = {key: value for key, value in sent.items() if key not in ("_key", "_idempotency_key")}
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    fingerprint = digest(salt, f"body:{canonical}")
    if given is not None:
        return Sending(key.id, digest(salt, f"token:{given}"), fingerprint)
    by_content = digest(salt, f"content:{canonical}") if body.get("_opened_at") else None
    return Sending(key.id, by_content, fingerprint, by_content=True)


def idempotency_key(headers: list[str], field: object) -> str | None:
    """From the header or the field `_idempotency_key`; None where neither is there."""
    given = [*headers, *([field] if field is not None else [])]
    if not given:
        return None
    if len(set(map(str, given))) > 1 or not isinstance(given[0], str) or not TOKEN.fullmatch(given[0]):
        raise Problem("idempotency-key", "Send one Idempotency-Key of 1 to 255 visible ASCII characters.")
    return given[0]


def text_of(added: Mapping[str, object], name: str) -> str:
    value = added.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem.at(f"#/{name}", "type", f"{name} must be text")
    return value


def page_of(key: Key, address: str) -> str | None:
    """Where the visitor goes next: on the key's own origins, or anyone could lend this service's name to a page."""
    if not address:
        return None
    try:
        if origin_of_page(address) in key.origins:
            return address
    except Refusal:
        pass
    detail = "_redirect must be a whole address on an origin of the key: `accord keys create pk --origin URL`"
    raise Problem.at("#/_redirect", "redirect", detail)


def opened(text: str, now: datetime) -> datetime | None:
    """A visitor's clock may be wrong, and that must not cost a lead: what cannot be true counts as unsaid."""
    try:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    if moment.tzinfo is None or not now - OLDEST < moment.astimezone(UTC) <= now:
        return None
    return moment.astimezone(UTC)


def submitted(text: str, now: datetime) -> datetime | None:
    """A server's clock should be right: up to five minutes ahead counts as now, what cannot be is told."""
    if not text:
        return None
    try:
        moment = zoned(text)
        if not now - OLDEST < moment <= now + CLOCKS_DIFFER:
            raise ValueError
    except (ValueError, OverflowError):
        raise Problem.at(
            "#/_submitted_at",
            "timestamp",
            "_submitted_at must be a moment of the last ten years with its zone, such as 2026-11-23T09:00:00+01:00",
        ) from None
    return min(moment, now)


def zoned(text: str) -> datetime:
    """A moment in RFC 3339, in UTC; ValueError or OverflowError for what is none, or names no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not re.match(r"\d{4}-\d\d-\d\d[T ]", text):
        raise ValueError
    return moment.astimezone(UTC)

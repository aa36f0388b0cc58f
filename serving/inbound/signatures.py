"""How each tool signs what it sends. Nothing of a message is read before one of its signatures fits."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from standardwebhooks.webhooks import Webhook
from starlette.datastructures import Headers

from leads.ledger import Hook, HookSource
from serving.problems import Problem

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 10
LONGEST_SECONDS = 10
WEBHOOK_ID = re.compile(r"[!-\-/-~]{1,255}")
"""Visible ASCII without the dot, which parts the id from what else is signed."""
DECODED = {f"%{ord(sign):02X}": sign for sign in ":/?@!$'()*,;"}
"""What HubSpot writes plainly in the query of an address before it signs it."""


class Message(NamedTuple):
    """As it came."""

    method: str
    headers: Headers
    body: bytes

    def header(self, name: str | None) -> str:
        """Empty where it is missing, or given twice with two meanings."""
        given = self.headers.getlist(name) if name else []
        return given[0].strip() if len(given) == 1 else ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """`signed` makes the signature that a secret gives, `split` finds those that were sent; without `timestamp` the
    tool signs no time."""

    signature: str
    signed: Callable[[Message, Hook, str], str]
    timestamp: str | None = None
    ticks: int = 1
    split: Callable[[str], list[str]] = lambda text: [text]

    def sent_at(self, message: Message) -> float | None:
        """In seconds since 1970; None where the tool tells no time."""
        if self.timestamp is None:
            return None
        text = message.header(self.timestamp)
        if not re.fullmatch("[0-9]+", text) or len(text) > LONGEST_SECONDS + len(str(self.ticks)):
            unit = "milliseconds" if self.ticks > 1 else "seconds"
            raise Problem("webhook-timestamp", f"Send {self.timestamp} in whole {unit} since 1970.")
        return int(text) / self.ticks


def verify(hook: Hook, message: Message, now: datetime) -> None:
    """Problem unless one of the hook's secrets signed the message within the last five minutes."""
    scheme = SCHEMES[hook.source]
    given = scheme.split(message.header(scheme.signature))
    if not any(given) or len(given) > MOST_SIGNATURES:
        raise _unsigned(scheme)
    if hook.source == "generic":
        webhook_id(message)
    sent_at = scheme.sent_at(message)
    expected = [scheme.signed(message, hook, secret).encode() for secret in hook.secrets(now)]
    if not any(hmac.compare_digest(one.encode(), wanted) for one in given for wanted in expected):
        raise _unsigned(scheme)
    if sent_at is not None and abs(now.timestamp() - sent_at) > TOLERANCE_SECONDS:
        detail = "Sign each attempt anew, with the time of the attempt; the clocks may differ by five minutes."
        raise Problem("signature-stale", detail)


def webhook_id(message: Message) -> str:
    given = message.header("webhook-id")
    if not WEBHOOK_ID.fullmatch(given):
        raise Problem("webhook-id", "Send a webhook-id of 1 to 255 visible ASCII characters, none of them a dot.")
    return given


def _unsigned(scheme: Scheme) -> Problem:
    detail = (
        f"Sign the body as it is sent, with the hook's own secret, in the header {scheme.signature}; at most "
        f"{MOST_SIGNATURES} signatures are tried. `accord hooks roll` gives the hook another secret."
    )
    return Problem("signature", detail)


def _versions(text: str) -> list[str]:
    """Standard Webhooks separates several by spaces."""
    return [one for one in text.split(" ") if one]


def _standard(message: Message, _: Hook, secret: str) -> str:
    at = datetime.fromtimestamp(int(message.header("webhook-timestamp")), UTC)
    try:
        return Webhook(secret).sign(message.header("webhook-id"), at, message.body.decode())
    except UnicodeDecodeError:
        raise Problem("not-utf8", "The body must be UTF-8.") from None


def _hubspot(message: Message, hook: Hook, secret: str) -> str:
    at = message.header("x-hubspot-request-timestamp")
    head = f"{message.method}{signed_address(hook.url or '')}".encode()
    return b64encode(_digest(secret, head + message.body + at.encode())).decode()


def signed_address(url: str) -> str:
    address, mark, query = url.partition("?")
    return address + mark + re.sub("%[0-9A-Fa-f]{2}", lambda found: DECODED.get(found[0].upper(), found[0]), query)


def _typeform(message: Message, _: Hook, secret: str) -> str:
    return "sha256=" + b64encode(_digest(secret, message.body)).decode()


def _webflow(message: Message, _: Hook, secret: str) -> str:
    return _digest(secret, f"{message.header('x-webflow-timestamp')}:".encode() + message.body).hex()


def _digest(secret: str, text: bytes) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).digest()


SCHEMES: Mapping[HookSource, Scheme] = {
    "generic": Scheme("webhook-signature", _standard, "webhook-timestamp", split=_versions),
    "hubspot": Scheme("x-hubspot-signature-v3", _hubspot, "x-hubspot-request-timestamp", 1000),
    "typeform": Scheme("typeform-signature", _typeform),
    "webflow": Scheme("x-webflow-signature", _webflow, "x-webflow-timestamp", 1000),
}

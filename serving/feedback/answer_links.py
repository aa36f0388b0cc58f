"""Links by which the owner of a lead answers for it out of a mail, without a key: whoever has the link may."""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from leads.ledger import Ledger
from serving.delivery.configuration import public_url

GOOD_FOR = timedelta(days=30)
PURPOSE = b"answer link\0"
"""Keeps the digests of links apart from all others that the salt makes."""
SIGNED, HEAD = 32, struct.Struct(">16s16sQ")
LONGEST = 2048


class AnswerLink(NamedTuple):
    """What a link is about: who may answer, for which lead, and as it was decided then."""

    lead: str
    decision: str
    owner: str
    ends_at: datetime


class AnswerLinks:
    """Makes them for mails, where it is known under which address people reach this service."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._address = public_url()

    def to(self, lead: str, decision: str, owner: str | None, now: datetime) -> str | None:
        """None where nobody in particular is to answer, or no address is known."""
        if owner is None or self._address is None:
            return None
        token = written(AnswerLink(lead, decision, owner, now + GOOD_FOR), self._ledger.salt)
        return f"{self._address}/v1/answer/{token}"


def written(link: AnswerLink, salt: bytes) -> str:
    ends_at = int(link.ends_at.timestamp())
    said = HEAD.pack(_bytes_of(link.lead), _bytes_of(link.decision), ends_at) + link.owner.encode()
    return base64.urlsafe_b64encode(_signature(said, salt) + said).decode().rstrip("=")


def read(token: str, salt: bytes) -> AnswerLink | None:
    """None for whatever was not made here, letter by letter."""
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except ValueError:
        return None
    signature, said = whole[:SIGNED], whole[SIGNED:]
    if len(token) > LONGEST or not hmac.compare_digest(signature, _signature(said, salt)):
        return None
    lead, decision, ends_at = HEAD.unpack(said[: HEAD.size])
    owner, ends = said[HEAD.size :].decode(), datetime.fromtimestamp(ends_at, UTC)
    link = AnswerLink(f"ld_{UUID(bytes=lead)}", f"dc_{UUID(bytes=decision)}", owner, ends)
    return link if written(link, salt) == token else None


def event_of(token: str, kind: str) -> str:
    """The same link and answer are the same event, however often they are sent."""
    return f"link-{hashlib.sha256(token.encode()).hexdigest()[:32]}-{kind}"


def _bytes_of(identifier: str) -> bytes:
    return UUID(identifier[3:]).bytes


def _signature(said: bytes, salt: bytes) -> bytes:
    return hmac.digest(salt, PURPOSE + said, "sha256")

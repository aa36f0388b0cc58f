"""Deliveries of which something could not be read: kept until it is put right, so that no lead is lost over a field."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from leads.kinds import PLAIN_EMAIL, PLAIN_PHONE
from leads.ledger import HookFault, Ledger, Writer, digests, keep_fault, settle_delivery
from leads.person import identities_of_text
from serving.problems import Place


class Faulty(NamedTuple):
    """`delivery` is the digest by which it is known when it comes again; `tree` is what was read of the body, None
    where it is not even JSON."""

    hook: str
    delivery: str
    at: datetime
    body: bytes
    tree: object


async def keep(ledger: Ledger, writer: Writer, faulty: Faulty, places: Sequence[Place], lead: str | None) -> None:
    """`lead` is what was made of it all the same: then it goes when the lead goes, and needs no names of its own."""
    text = faulty.body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    people = () if lead else digests(ledger, sorted(people_in(text, faulty.tree)))
    told = [place.told() for place in places]
    fault = HookFault(faulty.hook, faulty.delivery, faulty.at, lead, people, told, text)
    await asyncio.wrap_future(writer.submit(partial(keep_fault, fault=fault)))


async def settle(writer: Writer, hook: str, delivery: str) -> None:
    await asyncio.wrap_future(writer.submit(partial(settle_delivery, hook=hook, delivery=delivery)))


def people_in(text: str, tree: object) -> set[str]:
    """Everybody whom it could name, so that who asks to be forgotten is forgotten here too."""
    spoken = [*(found[0] for found in PLAIN_EMAIL.finditer(text)), *filter(_names_somebody, _texts(tree))]
    return {identity for one in spoken for identity in identities_of_text(one)}


def _names_somebody(text: str) -> bool:
    return len(text) <= 254 and ("@" in text or PLAIN_PHONE.fullmatch(text) is not None)


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, dict | list):
        for one in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(one)
    elif isinstance(tree, str | int):
        yield str(tree)

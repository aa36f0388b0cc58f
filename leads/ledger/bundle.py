"""Bundles by number, and which of them is champion."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.price import DayPrice, write_price
from leads.refusal import Refusal

ROLLED_BACK = "rolled back by hand"
RETURNED = "returned by itself: "
"""How the reason of a promotion begins that no person ordered; the rest is what was wrong with the model before."""


class Stale(Refusal):
    """Somebody else promoted in the meantime; nothing was changed."""


class SavedBundle(NamedTuple):
    """What `load_bundle` returns; the caller must check the bytes against the hash before it trusts them."""

    data: bytes
    sha256: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BundleEntry:
    number: int
    sha256: str
    facts: Mapping[str, Any]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Promotion:
    """`bundle` serves from then on instead of `replaced`; None is the agreement's scorecard."""

    bundle: int | None
    replaced: int | None
    reason: str
    promoted_at: datetime


def save_bundle(ledger: Ledger, data: bytes, facts: Mapping[str, Any]) -> int:
    """Each saving gets the next number; equal bytes are stored once."""
    digest = hashlib.sha256(data).hexdigest()
    kept = select(tables.bundle_bytes.c.sha256).where(tables.bundle_bytes.c.sha256 == digest)
    entry = insert(tables.bundles).values(sha256=digest, facts=dict(facts), saved_at=datetime.now(UTC))
    with ledger.transaction() as connection:
        if connection.scalar(kept) is None:
            connection.execute(insert(tables.bundle_bytes).values(sha256=digest, data=data))
        number: int = connection.scalars(entry.returning(tables.bundles.c.number)).one()
    return number


def load_bundle(ledger: Ledger, number: int) -> SavedBundle:
    here, apart = tables.bundles, tables.bundle_bytes
    wanted = select(apart.c.data, here.c.sha256, here.c.facts).join(apart).where(here.c.number == number)
    with ledger.reading() as connection:
        row = connection.execute(wanted).first()
        if row is None:
            raise _no_such(connection, number)
    return SavedBundle(bytes(row.data), row.sha256, row.facts)


def bundles(ledger: Ledger) -> list[BundleEntry]:
    with ledger.reading() as connection:
        return [_entry(row) for row in connection.execute(select(tables.bundles).order_by(tables.bundles.c.number))]


def champion(ledger: Ledger) -> int | None:
    with ledger.reading() as connection:
        return _champion(connection)


def promote(
    ledger: Ledger, number: int | None, expected: int | None, reason: str, price: DayPrice | None = None
) -> None:
    """Makes `number` champion (None: the scorecard serves) if `expected` still is (None: if there is none); otherwise
    Stale. What a sales minute must earn under it comes into force in the same moment."""
    with ledger.transaction() as connection:
        move_champion(connection, number, expected, reason, price)


def move_champion(
    connection: Connection, number: int | None, expected: int | None, reason: str, price: DayPrice | None = None
) -> None:
    pointer, history = tables.champion, tables.promotions
    move = update(pointer).where(pointer.c.slot == 1, pointer.c.bundle.is_not_distinct_from(expected))
    if number is not None and _sha256(connection, number) is None:
        raise _no_such(connection, number)
    if connection.execute(move.values(bundle=number)).rowcount != 1:
        raise _stale(expected, _champion(connection))
    connection.execute(
        insert(history).values(bundle=number, replaced=expected, reason=reason, promoted_at=datetime.now(UTC))
    )
    if price is not None:
        write_price(connection, price)


def promotions(ledger: Ledger) -> list[Promotion]:
    """Oldest first."""
    here = tables.promotions
    wanted = select(here.c.bundle, here.c.replaced, here.c.reason, here.c.promoted_at).order_by(here.c.id)
    with ledger.reading() as connection:
        return [Promotion(*row) for row in connection.execute(wanted)]


def returned_from(story: Sequence[Promotion], number: int) -> str | None:
    """What was wrong with the model when the service gave it up by itself; None where it never did."""
    told = [one.reason.removeprefix(RETURNED) for one in story if is_return(one) and one.replaced == number]
    return told[-1] if told else None


def brought_by(story: Sequence[Promotion], number: int) -> Promotion | None:
    """How the model came to serve the last time somebody wanted it to: going back to it is no arrival."""
    arrivals = [one for one in story if one.bundle == number and is_arrival(one)]
    return arrivals[-1] if arrivals else None


def is_arrival(one: Promotion) -> bool:
    return one.reason != ROLLED_BACK and not is_return(one)


def is_return(one: Promotion) -> bool:
    return one.reason.startswith(RETURNED)


def _champion(connection: Connection) -> int | None:
    number: int | None = connection.scalar(select(tables.champion.c.bundle).where(tables.champion.c.slot == 1))
    return number


def _sha256(connection: Connection, number: int) -> str | None:
    return connection.scalar(select(tables.bundles.c.sha256).where(tables.bundles.c.number == number))


def _entry(row: Row[Any]) -> BundleEntry:
    return BundleEntry(row.number, row.sha256, row.facts, row.saved_at)


def _stale(expected: int | None, now: int | None) -> Stale:
    was = "no model" if expected is None else f"model {expected}"
    serves = "none serves" if now is None else f"model {now} serves"
    return Stale(f"You expected {was} to be champion, but now {serves}; look again and repeat if you still want to.")


def _no_such(connection: Connection, number: int) -> Refusal:
    known = list(connection.scalars(select(tables.bundles.c.number).order_by(tables.bundles.c.number)))
    return Refusal(f"There is no model {number}: {_there(known)}.")


def _there(known: Sequence[int]) -> str:
    if not known:
        return "none was trained yet; run `accord train FILE`"
    if len(known) == 1:
        return f"there is model {known[0]}"
    return f"there are models {', '.join(map(str, known[-10:]))}"

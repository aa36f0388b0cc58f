"""Hooks: where form tools send what was filled in, how each is verified, and what of it could not be read."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.key import Key
from leads.ledger.remains import note_remains

HookSource = Literal["generic", "hubspot", "typeform", "webflow"]
FAULTS_KEPT = timedelta(days=30)
MOST_FAULTS = 500
"""Deliveries of one hook that are kept because they could not be read; the newest stay."""
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Hook:
    """`map` names, for fields of the form, the answers that they are taken from; `url` is the address that the tool
    calls, where that is signed too."""

    id: str
    source: HookSource
    map: Mapping[str, Sequence[str]]
    url: str | None
    label: str | None
    created_at: datetime
    secret: str
    old_secret: str | None
    old_secret_until: datetime | None

    def secrets(self, now: datetime) -> list[str]:
        """Those that may sign at the moment."""
        both = self.old_secret is not None and self.old_secret_until is not None and now < self.old_secret_until
        return [self.secret, *([self.old_secret] if both and self.old_secret else [])]

    @property
    def key(self) -> Key:
        """Whose sendings these are: a server's, which may send forms and nothing else."""
        return Key(self.id, "hk", (), ("forms",), None, self.label, self.created_at, None, None)


@dataclass(frozen=True, slots=True)
class HookFault:
    """A delivery that could not be read whole. `places` are pointers into `payload`, each with a code and what to do;
    `lead` is what could be made of it all the same, None where nothing could."""

    hook: str
    delivery: str
    received_at: datetime
    lead: str | None
    people: Sequence[str]
    places: Sequence[Mapping[str, str]]
    payload: str


def new_hook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add_hook(
    connection: Connection,
    source: HookSource,
    secret: str,
    now: datetime,
    mapped: Mapping[str, Sequence[str]] | None = None,
    url: str | None = None,
    label: str | None = None,
) -> str:
    """Its id; `url` is the service's own address, to which the hook's path is added."""
    hook = f"hk_{secrets.token_hex(4)}"
    key = {"id": hook, "kind": "hk", "digest": f"hook {hook}", "origins": [], "scopes": ["forms"], "label": label}
    connection.execute(insert(tables.keys), key | {"created_at": now})
    fields = {name: list(paths) for name, paths in (mapped or {}).items()}
    address = f"{url}{hook_path(hook)}" if url else None
    row = {"id": hook, "source": source, "map": fields, "url": address, "secret": secret}
    connection.execute(insert(tables.hooks), row)
    return hook


def hook_path(hook: str) -> str:
    return f"/v1/hooks/{hook}"


def hooks(ledger: Ledger) -> list[Hook]:
    with ledger.reading() as connection:
        return [_hook(row) for row in connection.execute(_there().order_by(tables.keys.c.created_at))]


def hook_by_id(ledger: Ledger, hook: str) -> Hook | None:
    with ledger.reading() as connection:
        row = connection.execute(_there().where(tables.hooks.c.id == hook)).first()
    return None if row is None else _hook(row)


def roll_hook(connection: Connection, hook: str, secret: str, overlap: timedelta, now: datetime) -> bool:
    """Until the overlap is over, either secret may sign. False where there is no such hook."""
    here = tables.hooks
    known = update(here).where(here.c.id == hook, here.c.removed_at.is_(None))
    new = {"old_secret": here.c.secret, "old_secret_until": now + overlap, "secret": secret}
    return connection.execute(known.values(new)).rowcount == 1


def remove_hook(connection: Connection, hook: str, now: datetime) -> bool:
    """Its row stays, because submissions name it; its secrets and what could not be read do not."""
    here, keys, faults = tables.hooks, tables.keys, tables.hook_faults
    gone = {"removed_at": now, "secret": "", "old_secret": None, "old_secret_until": None}
    known = update(here).where(here.c.id == hook, here.c.removed_at.is_(None))
    if not connection.execute(known.values(gone)).rowcount:
        return False
    connection.execute(update(keys).where(keys.c.id == hook).values(revoked_at=now))
    connection.execute(delete(faults).where(faults.c.hook == hook))
    note_remains(connection)
    return True


def keep_fault(connection: Connection, fault: HookFault) -> None:
    """In the place of what was kept of the same delivery before."""
    here = tables.hook_faults
    settle_delivery(connection, fault.hook, fault.delivery)
    row = {name: getattr(fault, name) for name in ("hook", "delivery", "received_at", "lead", "payload")}
    row |= {"people": list(fault.people), "places": [dict(place) for place in fault.places]}
    connection.execute(insert(here), row)
    newest = select(here.c.id).where(here.c.hook == fault.hook).order_by(here.c.id.desc()).limit(MOST_FAULTS)
    connection.execute(delete(here).where(here.c.hook == fault.hook, here.c.id.not_in(newest)))


def has_fault(ledger: Ledger, hook: str, delivery: str) -> bool:
    here = tables.hook_faults
    with ledger.reading() as connection:
        wanted = select(here.c.id).where(here.c.hook == hook, here.c.delivery == delivery)
        return connection.scalar(wanted) is not None


def settle_delivery(connection: Connection, hook: str, delivery: str) -> None:
    here = tables.hook_faults
    connection.execute(delete(here).where(here.c.hook == hook, here.c.delivery == delivery))


def hook_faults(ledger: Ledger, hook: str) -> list[HookFault]:
    """Newest first."""
    here = tables.hook_faults
    with ledger.reading() as connection:
        rows = connection.execute(select(here).where(here.c.hook == hook).order_by(here.c.id.desc())).all()
    return [_fault(row) for row in rows]


def faults_about(connection: Connection, people: Sequence[str], leads: Sequence[str] = ()) -> list[HookFault]:
    """Those of these leads, and those without a lead that name one of these people, by digest."""
    here, wanted = tables.hook_faults, set(people)
    rows = connection.execute(
        select(here).where(or_(here.c.lead.is_(None), here.c.lead.in_(leads))).order_by(here.c.id)
    )
    return [_fault(row) for row in rows if row.lead or wanted & set(row.people)]


def forget_faults_naming(connection: Connection, until: Mapping[str, datetime]) -> int:
    """Of these people, by digest, as far as they came by the time told of each."""
    here = tables.hook_faults
    found = [
        fault
        for fault in faults_about(connection, list(until))
        if any(name in until and fault.received_at <= until[name] for name in fault.people)
    ]
    for fault in found:
        connection.execute(delete(here).where(here.c.hook == fault.hook, here.c.delivery == fault.delivery))
    if found:
        note_remains(connection)
    return len(found)


def forget_old_faults(connection: Connection, now: datetime) -> int:
    here = tables.hook_faults
    old = connection.scalar(select(func.count()).where(here.c.received_at < now - FAULTS_KEPT))
    if old:
        connection.execute(delete(here).where(here.c.received_at < now - FAULTS_KEPT))
        note_remains(connection)
    return int(old or 0)


def _there() -> Any:
    here, keys = tables.hooks, tables.keys
    described = select(here, keys.c.label, keys.c.created_at).join(keys, keys.c.id == here.c.id)
    return described.where(here.c.removed_at.is_(None))


def _hook(row: Row[Any]) -> Hook:
    return Hook(
        row.id,
        row.source,
        row.map,
        row.url,
        row.label,
        row.created_at,
        row.secret,
        row.old_secret,
        row.old_secret_until,
    )


def _fault(row: Row[Any]) -> HookFault:
    return HookFault(row.hook, row.delivery, row.received_at, row.lead, row.people, row.places, row.payload)

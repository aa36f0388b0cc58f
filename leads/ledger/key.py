"""Keys for the HTTP service. Only a key's SHA-256 is kept: 256 random bits need no slow hash, and cannot be guessed."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.refusal import Refusal

KeyKind = Literal["pk", "sk", "hk"]
"""Of pages, of servers, and of hooks, which nobody holds: a hook is verified by its own secret."""
Scope = Literal[
    "forms",
    "leads",
    "outcomes",
    "engagements",
    "imports",
    "quarantine",
    "receivers",
    "privacy",
    "metrics",
    "approve-sales",
    "approve-marketing",
    "all",
]
"""What a key may do: send forms, read leads and decisions and overrule them, tell what became of leads, tell what they
did after their form, import tables, look after the quarantine, manage the receivers of webhooks, serve people's rights,
read the metrics, approve agreements in the name of one of the teams, or everything but that."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
Team = Literal["sales", "marketing"]
TEAMS: tuple[Team, ...] = get_args(Team)
ID_LETTERS = 11


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is the key's first letters, enough to name it and useless to guess it. `rate` is how much it may send, such
    as "600/minute"; None is the usual."""

    id: str
    kind: KeyKind
    origins: tuple[str, ...]
    scopes: tuple[Scope, ...]
    rate: str | None
    label: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "all" in self.scopes

    @property
    def team(self) -> Team | None:
        """In whose name it approves agreements; None for one that may do everything, since nobody speaks for both."""
        teams = teams_of(self.scopes)
        return teams[0] if len(teams) == 1 else None

    def ended(self, now: datetime) -> bool:
        return any(end is not None and end <= now for end in (self.revoked_at, self.expires_at))


def teams_of(scopes: Sequence[Scope]) -> list[Team]:
    return [team for team in TEAMS if f"approve-{team}" in scopes]


def create_key(
    ledger: Ledger,
    kind: KeyKind,
    origins: Sequence[str] = (),
    scopes: Sequence[Scope] = (),
    label: str | None = None,
    expires_at: datetime | None = None,
    rate: str | None = None,
) -> str:
    """The key itself, told this once. A publishable key only sends forms; a secret key does everything by default, but
    approve agreements."""
    if len(teams_of(scopes)) > 1:
        raise Refusal("A key approves in the name of one team; make one for sales and another for marketing.")
    with ledger.transaction() as connection:
        row = {"origins": list(origins), "label": label, "expires_at": expires_at, "rate": rate}
        usual: tuple[Scope, ...] = ("forms",) if kind == "pk" else ("all",)
        return _write(connection, kind, row | {"scopes": list(scopes or usual)})


def roll_key(ledger: Ledger, name: str, overlap: timedelta) -> str:
    """A new key with the rights of the old, which ends when the overlap is over."""
    here = tables.keys
    with ledger.transaction() as connection:
        old = _named(connection, name)
        now = datetime.now(UTC)
        if _key(old).ended(now):
            raise Refusal("This key has ended already; make a new one with `accord keys create`.")
        end = min(filter(None, (old.expires_at, now + overlap)))
        connection.execute(update(here).where(here.c.id == old.id).values(expires_at=end))
        kept = {name: getattr(old, name) for name in ("origins", "scopes", "label", "rate", "expires_at")}
        return _write(connection, old.kind, kept)


_BY_DIGEST = select(tables.keys).where(tables.keys.c.digest == bindparam("digest"))


def find_key(ledger: Ledger, key: str) -> Key | None:
    """None for a key that is unknown, revoked or past its time. What is searched for is a hash, so its timing tells
    nothing."""
    digest = _digest(key)
    with ledger.reading() as connection:
        row = connection.execute(_BY_DIGEST, {"digest": digest}).first()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    found = _key(row)
    return None if found.ended(datetime.now(UTC)) else found


def list_keys(ledger: Ledger) -> list[Key]:
    with ledger.reading() as connection:
        held = select(tables.keys).where(tables.keys.c.kind != "hk")
        return [_key(row) for row in connection.execute(held.order_by(tables.keys.c.created_at))]


def revoke_key(ledger: Ledger, name: str) -> Key:
    """`name` is the id that `list_keys` shows, or the key itself. Revoking twice keeps the first time."""
    here = tables.keys
    with ledger.transaction() as connection:
        row = _named(connection, name)
        if row.revoked_at is None:
            connection.execute(update(here).where(here.c.id == row.id).values(revoked_at=datetime.now(UTC)))
        return _key(connection.execute(select(here).where(here.c.id == row.id)).one())


def _write(connection: Connection, kind: KeyKind, row: Mapping[str, Any]) -> str:
    key = f"{kind}_{secrets.token_hex(32)}"
    made = {"id": key[:ID_LETTERS], "kind": kind, "digest": _digest(key), "created_at": datetime.now(UTC)}
    connection.execute(insert(tables.keys), made | dict(row))
    return key


def _named(connection: Connection, name: str) -> Row[Any]:
    held = select(tables.keys).where(tables.keys.c.kind != "hk")
    row = connection.execute(held.where(tables.keys.c.id == name[:ID_LETTERS])).first()
    if row is None or (len(name) > ID_LETTERS and row.digest != _digest(name)):
        raise Refusal("There is no such key; `accord keys list` shows the names of all keys.")
    return row


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(
        row.id,
        row.kind,
        tuple(row.origins),
        tuple(row.scopes),
        row.rate,
        row.label,
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )

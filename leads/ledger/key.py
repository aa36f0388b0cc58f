"""Keys for the HTTP service. Only a key's SHA-256 is kept: 256 random bits need no slow hash, and cannot be guessed."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, bindparam, insert, select, update

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.refusal import Refusal

KeyKind = Literal["pk", "sk"]
Scope = Literal["forms", "all"]
ID_LETTERS = 11


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is the key's first letters, enough to name it and useless to guess it."""

    id: str
    kind: KeyKind
    origins: tuple[str, ...]
    scope: Scope
    label: str | None
    created_at: datetime
    revoked_at: datetime | None


def create_key(
    ledger: Ledger, kind: KeyKind, origins: Sequence[str] = (), scope: Scope | None = None, label: str | None = None
) -> str:
    """The key itself, told this once. A publishable key only sends forms; a secret key does everything by default."""
    key = f"{kind}_{secrets.token_hex(32)}"
    row = {
        "id": key[:ID_LETTERS],
        "kind": kind,
        "digest": _digest(key),
        "origins": list(origins),
        "scope": scope or ("forms" if kind == "pk" else "all"),
        "label": label,
        "created_at": datetime.now(UTC),
    }
    with ledger.transaction() as connection:
        connection.execute(insert(tables.keys), row)
    return key


_BY_DIGEST = select(tables.keys).where(tables.keys.c.digest == bindparam("digest"))


def find_key(ledger: Ledger, key: str) -> Key | None:
    """None for a key that is unknown or revoked. What is searched for is a hash, so its timing tells nothing."""
    digest = _digest(key)
    with ledger.reading() as connection:
        row = connection.execute(_BY_DIGEST, {"digest": digest}).first()
    if row is None or not hmac.compare_digest(row.digest, digest) or row.revoked_at is not None:
        return None
    return _key(row)


def list_keys(ledger: Ledger) -> list[Key]:
    with ledger.reading() as connection:
        return [_key(row) for row in connection.execute(select(tables.keys).order_by(tables.keys.c.created_at))]


def revoke_key(ledger: Ledger, name: str) -> Key:
    """`name` is the id that `list_keys` shows, or the key itself. Revoking twice keeps the first time."""
    here = tables.keys
    with ledger.transaction() as connection:
        row = connection.execute(select(here).where(here.c.id == name[:ID_LETTERS])).first()
        if row is None or (len(name) > ID_LETTERS and row.digest != _digest(name)):
            raise Refusal("There is no such key; `accord keys list` shows the names of all keys.")
        if row.revoked_at is None:
            connection.execute(update(here).where(here.c.id == row.id).values(revoked_at=datetime.now(UTC)))
        return _key(connection.execute(select(here).where(here.c.id == row.id)).one())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.kind, tuple(row.origins), row.scope, row.label, row.created_at, row.revoked_at)

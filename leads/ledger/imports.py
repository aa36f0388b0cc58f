"""Imported files, and how far each is."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, update

from leads.ledger import tables
from leads.ledger.person import unless_there

ImportKind = Literal["leads", "outcomes", "engagements"]


@dataclass(frozen=True, slots=True)
class Import:
    """A file by the SHA-256 of its content; `done` of its `rows` were gone through so far."""

    content: str
    kind: ImportKind
    file: str | None
    key: str | None
    at: datetime
    rows: int
    done: int = 0
    taken: int = 0
    known: int = 0
    forgotten: int = 0
    refused: int = 0
    finished_at: datetime | None = None


class ImportRunning(Exception):
    """Somebody else goes through the same file right now."""


def import_of(connection: Connection, content: str, kind: ImportKind) -> Import | None:
    here = tables.imports
    wanted = select(*(here.c[name] for name in Import.__slots__)).where(here.c.content == content, here.c.kind == kind)
    row = connection.execute(wanted).first()
    return None if row is None else Import(**row._mapping)


def begin_import(connection: Connection, begun: Import) -> Import:
    """As it stands, where it was begun before, perhaps just now by somebody else."""
    connection.execute(unless_there(connection, tables.imports, ["content", "kind"]), asdict(begun))
    return import_of(connection, begun.content, begun.kind) or begun


def advance_import(connection: Connection, before: Import, after: Import) -> None:
    """ImportRunning where the file is not as far as the caller believes."""
    here = tables.imports
    same = (here.c.content == before.content, here.c.kind == before.kind, here.c.done == before.done)
    moved = update(here).where(*same, here.c.finished_at.is_(None)).values(asdict(after))
    if connection.execute(moved).rowcount != 1:
        raise ImportRunning

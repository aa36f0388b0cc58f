"""Tables of leads and outcomes that were imported."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# A file is known by what is in it. `done` is how many of its rows were gone through; it moves in the transaction that
# writes them, so an import that was cut off goes on there. Of these, `taken` are new, `known` were told before,
# `forgotten` are of people who asked to be, and `refused` were wrong.
imports = Table(
    "imports",
    metadata,
    Column("content", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("file", Text),
    Column("key", ForeignKey("keys.id")),
    Column("at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("forgotten", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

"""What leads did after their form: visits, replies, clicks."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table

from leads.ledger.tables.base import Moment, metadata

# `event` is the sender's own id of it: the same one again changes nothing.
engagements = Table(
    "engagements",
    metadata,
    Column("lead", ForeignKey("leads.id"), primary_key=True),
    Column("event", String(200), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("properties", JSON, nullable=False),
    Column("key", ForeignKey("keys.id")),
    Index(None, "received_at"),
)

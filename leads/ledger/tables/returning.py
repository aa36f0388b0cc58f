"""Leads that sales gave back for a while."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from leads.ledger.tables.base import Moment, metadata

# When each of them comes back to sales, and the reason that says so. Moves with what sales tells; the outcomes are the
# facts.
returns = Table(
    "returns",
    metadata,
    Column("lead", ForeignKey("leads.id"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("reason", String(64), nullable=False),
    Index(None, "at"),
)

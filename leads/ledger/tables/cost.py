"""What marketing spent."""

from sqlalchemy import Column, Double, String, Table

from leads.ledger.tables.base import Moment, metadata

# `month` is such as 2026-10; an empty campaign stands for what the source cost beside its campaigns. The newest file
# says what holds.
costs = Table(
    "costs",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("source", String(60), primary_key=True),
    Column("campaign", String(60), primary_key=True),
    Column("cost", Double, nullable=False),
    Column("told_at", Moment, nullable=False),
)

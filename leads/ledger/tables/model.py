"""Models: their bundles, which serves, and what a sales minute must earn under it."""

from sqlalchemy import JSON, Column, Date, Double, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# The bytes stand apart, so that listing bundles never reads them.
bundle_bytes = Table(
    "bundle_bytes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

bundles = Table(
    "bundles",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("sha256", ForeignKey("bundle_bytes.sha256"), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

# One row; compared and set in one statement, which is what makes two promotions at once safe on every database.
champion = Table(
    "champion",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("bundle", ForeignKey("bundles.number")),
)

promotions = Table(
    "promotions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bundle", ForeignKey("bundles.number")),
    Column("replaced", ForeignKey("bundles.number")),
    Column("reason", Text, nullable=False),
    Column("promoted_at", Moment, nullable=False),
)

# What a sales minute must earn: one row a day and champion, never changed, cited by the decisions that it ruled.
prices = Table(
    "prices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("bundle", ForeignKey("bundles.number")),
    Column("agreement", ForeignKey("agreements.number"), nullable=False),
    Column("value", Double, nullable=False),
    Column("review_from", Double),
    Column("leads", Integer, nullable=False),
    Column("demand", Double, nullable=False),
    Column("capacity", Double, nullable=False),
    Column("queued", Double, nullable=False),
    Column("nudge", Double, nullable=False),
    Index(None, "bundle", "agreement", "number"),
)

"""What comes in from the form tools of others: the hooks, and deliveries that could not be read whole."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# Each stands among the keys too, with a digest that no key has, because submissions name the key that sent them.
# The secrets verify, so they cannot be kept as hashes.
hooks = Table(
    "hooks",
    metadata,
    Column("id", ForeignKey("keys.id"), primary_key=True),
    Column("source", String(16), nullable=False),
    Column("map", JSON, nullable=False),
    Column("url", Text),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", Moment),
    Column("removed_at", Moment),
)

# `lead` is null where none could be made of it; then `people` are the digests of whom it names. One a delivery.
hook_faults = Table(
    "hook_faults",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hook", ForeignKey("hooks.id"), nullable=False),
    Column("delivery", String(64), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("lead", ForeignKey("leads.id")),
    Column("people", JSON, nullable=False),
    Column("places", JSON, nullable=False),
    Column("payload", Text, nullable=False),
    Index("uq_hook_faults_hook_delivery", "hook", "delivery", unique=True),
    Index(None, "lead"),
    Index(None, "received_at"),
)

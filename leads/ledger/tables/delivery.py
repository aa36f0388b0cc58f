"""What goes out: receivers, messages, attempts."""

from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# Receivers of webhooks. The secrets sign, so they cannot be kept as hashes.
receivers = Table(
    "receivers",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("label", Text),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("disabled_why", Text),
    Column("removed_at", Moment),
)

# The outbox: one row a message and destination, written in the decision's own transaction. `receiver` or `mail_to`.
messages = Table(
    "messages",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("receiver", ForeignKey("receivers.id")),
    Column("mail_to", Text),
    Column("event", String(32), nullable=False),
    Column("lead", ForeignKey("leads.id")),
    Column("decision", ForeignKey("decisions.id")),
    Column("payload", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Moment),
    Column("leased_by", String(64)),
    Column("finished_at", Moment),
    Index(None, "state", "due_at"),
    Index(None, "receiver", "state", "due_at"),
    Index(None, "receiver", "state", "finished_at"),
    Index(None, "lead"),
    Index(None, "decision"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", ForeignKey("messages.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("seconds", Double, nullable=False),
    Index(None, "message"),
)

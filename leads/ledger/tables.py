"""The ledger's tables. Rows are facts, added and never changed; what moves is a key's end, the champion pointer, and
the state of a message on its way out."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A time with a zone, kept in UTC; SQLite has no zones, so UTC is put back when reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be recorded")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row, made with the ledger: the secret salt of every digest of a person that is kept here.
salt = Table(
    "salt",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),
)

agreements = Table(
    "agreements",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)

# The newest adoption is in force, so that an older agreement can be taken up again under its old number.
adoptions = Table(
    "adoptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agreement", ForeignKey("agreements.number"), nullable=False),
    Column("adopted_at", Moment, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(2), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("origins", JSON, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("rate", String(32)),
    Column("label", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

# `person` is the digest by which the next submission of the same person is known; null where a form names nobody.
leads = Table(
    "leads",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("arrived_at", Moment, nullable=False),
    Column("person", String(64)),
    Index(None, "arrived_at"),
    Index("uq_leads_person", "person", unique=True),
)

# Every address and number that a lead gave, as digests: how a person who asks for their rights is found.
identities = Table(
    "identities",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("lead", ForeignKey("leads.id"), primary_key=True),
    Index(None, "lead"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("lead", ForeignKey("leads.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("form", JSON, nullable=False),
    Column("key", ForeignKey("keys.id")),
    Column("marks", JSON, nullable=False, server_default="[]"),
    Column("content", String(64)),
    Index(None, "lead", "received_at"),
    Index(None, "content", "received_at"),
)

# What a sending was answered, so that sending it again is answered alike. The token is a digest of the Idempotency-Key.
answers = Table(
    "answers",
    metadata,
    Column("key", ForeignKey("keys.id"), primary_key=True),
    Column("token", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("submission", ForeignKey("submissions.id"), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("answered_at", Moment, nullable=False),
    Index(None, "submission"),
    Index(None, "answered_at"),
)

DEGRADED = text("degraded IS NOT NULL")
IN_QUARANTINE = text("route = 'quarantine'")
decisions = Table(
    "decisions",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("lead", ForeignKey("leads.id"), nullable=False),
    Column("submission", ForeignKey("submissions.id"), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("probability", Double, nullable=False),
    Column("log_odds", Double, nullable=False),
    Column("base", Double, nullable=False),
    Column("contributions", JSON, nullable=False),
    Column("scored_by", String(16), nullable=False),
    Column("model", String(64)),
    Column("spread", Double),
    Column("horizon_days", Integer, nullable=False),
    Column("band", String(1), nullable=False),
    Column("route", String(16), nullable=False),
    Column("owner", Text, nullable=False),
    Column("respond_by", Moment),
    Column("agreement", ForeignKey("agreements.number"), nullable=False),
    Column("price", Double),
    Column("propensity", Double),
    Column("features", JSON, nullable=False),
    Column("cause", String(16), nullable=False, server_default="submission"),
    Column("degraded", String(32)),
    Column("note", Text),
    Index(None, "lead", "decided_at"),
    Index(None, "submission"),
    Index(None, "decided_at"),
    # Few decisions are degraded or in quarantine, and they are looked for again and again.
    Index("ix_decisions_degraded", "decided_at", sqlite_where=DEGRADED, postgresql_where=DEGRADED),
    Index("ix_decisions_quarantine", "id", sqlite_where=IN_QUARANTINE, postgresql_where=IN_QUARANTINE),
)

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
    Column("bundle", ForeignKey("bundles.number"), nullable=False),
    Column("replaced", ForeignKey("bundles.number")),
    Column("reason", Text, nullable=False),
    Column("promoted_at", Moment, nullable=False),
)

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

# Who asked to be forgotten: digests only, so that a restored backup can forget them again.
erasures = Table(
    "erasures",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("erased_at", Moment, nullable=False),
)

# Who objected to being scored by a model; a withdrawn objection is a second row's business.
objections = Table(
    "objections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("objects", Boolean, nullable=False),
    Column("said_at", Moment, nullable=False),
    Index(None, "digest"),
)

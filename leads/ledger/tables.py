"""The ledger's tables. Rows are facts, added and never changed; only a key's end and the champion pointer move."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
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
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SCHEMA = 1


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

schema = Table(
    "schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Moment, nullable=False),
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
    Column("scope", String(32), nullable=False),
    Column("label", Text),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

leads = Table(
    "leads",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("arrived_at", Moment, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("lead", ForeignKey("leads.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("form", JSON, nullable=False),
    Column("key", ForeignKey("keys.id")),
    Index(None, "lead", "received_at"),
)

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
    Index(None, "lead", "decided_at"),
    Index(None, "submission"),
    Index(None, "decided_at"),
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

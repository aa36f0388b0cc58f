"""Leads, what they sent, what was decided, bundles and keys."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from leads.ledger.tables import metadata as today

revision = "0001"
down_revision = None

metadata = sa.MetaData(naming_convention=today.naming_convention)
MOMENT = sa.DateTime(timezone=True)

schema = sa.Table(
    "schema",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("made_at", MOMENT, nullable=False),
)

sa.Table(
    "agreements",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_at", MOMENT, nullable=False),
)

sa.Table(
    "adoptions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("agreement", sa.ForeignKey("agreements.number"), nullable=False),
    sa.Column("adopted_at", MOMENT, nullable=False),
)

sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("kind", sa.String(2), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("origins", sa.JSON, nullable=False),
    sa.Column("scope", sa.String(32), nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("revoked_at", MOMENT),
)

sa.Table(
    "leads",
    metadata,
    sa.Column("id", sa.String(48), primary_key=True),
    sa.Column("arrived_at", MOMENT, nullable=False),
)

sa.Table(
    "submissions",
    metadata,
    sa.Column("id", sa.String(48), primary_key=True),
    sa.Column("lead", sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
    sa.Column("form", sa.JSON, nullable=False),
    sa.Column("key", sa.ForeignKey("keys.id")),
    sa.Index(None, "lead", "received_at"),
)

sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.String(48), primary_key=True),
    sa.Column("lead", sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("submission", sa.ForeignKey("submissions.id"), nullable=False),
    sa.Column("decided_at", MOMENT, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("log_odds", sa.Double, nullable=False),
    sa.Column("base", sa.Double, nullable=False),
    sa.Column("contributions", sa.JSON, nullable=False),
    sa.Column("scored_by", sa.String(16), nullable=False),
    sa.Column("model", sa.String(64)),
    sa.Column("spread", sa.Double),
    sa.Column("horizon_days", sa.Integer, nullable=False),
    sa.Column("band", sa.String(1), nullable=False),
    sa.Column("route", sa.String(16), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("respond_by", MOMENT),
    sa.Column("agreement", sa.ForeignKey("agreements.number"), nullable=False),
    sa.Column("price", sa.Double),
    sa.Column("propensity", sa.Double),
    sa.Column("features", sa.JSON, nullable=False),
    sa.Index(None, "lead", "decided_at"),
    sa.Index(None, "submission"),
    sa.Index(None, "decided_at"),
)

sa.Table(
    "bundle_bytes",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

sa.Table(
    "bundles",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.ForeignKey("bundle_bytes.sha256"), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("saved_at", MOMENT, nullable=False),
)

champion = sa.Table(
    "champion",
    metadata,
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("bundle", sa.ForeignKey("bundles.number")),
)

sa.Table(
    "promotions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("bundle", sa.ForeignKey("bundles.number"), nullable=False),
    sa.Column("replaced", sa.ForeignKey("bundles.number")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("promoted_at", MOMENT, nullable=False),
)


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection)
    connection.execute(sa.insert(schema).values(version=1, made_at=datetime.now(UTC)))
    connection.execute(sa.insert(champion).values(slot=1, bundle=None))

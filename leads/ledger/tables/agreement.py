"""The agreements, and who may call."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

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

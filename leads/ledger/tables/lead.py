"""Leads: who they are, what they sent, what was decided, what people say."""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text, text

from leads.ledger.tables.base import Moment, metadata

# `person` is the digest by which the next submission of the same person is known; null where a form names nobody.
# `company` is that of the domain of their address; null where it is one that anybody can have.
leads = Table(
    "leads",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("arrived_at", Moment, nullable=False),
    Column("person", String(64)),
    Column("company", String(64)),
    Index(None, "arrived_at"),
    Index(None, "company", "arrived_at"),
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
    Column("p_nurture", Double),
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
    Column("price_number", ForeignKey("prices.number")),
    Column("value", Double),
    Column("minutes", Double),
    Column("index", Double),
    Column("lot", Double),
    Column("ruled_by", String(16)),
    Column("chosen", String(16)),
    Column("track", String(64)),
    Index(None, "lead", "decided_at"),
    Index(None, "submission"),
    Index(None, "decided_at"),
    # Few decisions are degraded or in quarantine, and they are looked for again and again.
    Index("ix_decisions_degraded", "decided_at", sqlite_where=DEGRADED, postgresql_where=DEGRADED),
    Index("ix_decisions_quarantine", "id", sqlite_where=IN_QUARANTINE, postgresql_where=IN_QUARANTINE),
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

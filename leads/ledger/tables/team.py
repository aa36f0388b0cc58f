"""The sales team: who is in it, whose turn it is, who has which lead, and each step that a lead takes between them."""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# What was said of the people over the agreement's list: added, removed, leave, hours, paused, resumed.
team_changes = Table(
    "team_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("said", JSON, nullable=False),
)

# What the rotation owes each person, in leads. Moves with every lead, under the team's lock.
credits = Table(
    "credits",
    metadata,
    Column("person", Text, primary_key=True),
    Column("credit", Double, nullable=False),
)

# Where each lead of sales stands now. Moves with every step; the steps are the facts.
assignments = Table(
    "assignments",
    metadata,
    Column("lead", ForeignKey("leads.id"), primary_key=True),
    Column("decision", ForeignKey("decisions.id"), nullable=False),
    Column("owner", Text),
    Column("owned_before", JSON, nullable=False),
    Column("since", Moment, nullable=False),
    Column("respond_by", Moment, nullable=False),
    Column("next_step", String(16)),
    Column("next_at", Moment),
    Column("escalated", Boolean, nullable=False),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    Column("benefit", Double, nullable=False),
    Column("value", Double),
    Column("minutes", Double, nullable=False),
    Column("interest_at", Moment, nullable=False),
    Index(None, "ended_at", "next_at"),
    Index(None, "ended_at", "owner"),
    Index(None, "decision"),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", ForeignKey("leads.id"), nullable=False),
    Column("decision", ForeignKey("decisions.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("owner", Text),
    Column("owner_before", Text),
    Column("respond_by", Moment),
    Column("why", Text, nullable=False),
    Index(None, "lead", "at"),
    Index(None, "owner", "kind", "at"),
    Index(None, "owner_before", "kind", "at"),
    Index(None, "decision"),
)

# What people say became of a lead. `event` is the sender's own id of it: the same one again changes nothing. `left_out`
# is set, also afterwards, on the conversions of a key that tells too many at once. `told_by` is the owner whose mail
# held the link that told it.
outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", ForeignKey("leads.id"), nullable=False),
    Column("event", String(200), nullable=False),
    Column("type", String(16), nullable=False),
    Column("reason", String(64)),
    Column("value", Double),
    Column("occurred_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("key", ForeignKey("keys.id")),
    Column("left_out", Boolean, nullable=False),
    Column("told_by", Text),
    Index("uq_outcomes_lead_event", "lead", "event", unique=True),
    Index(None, "lead", "occurred_at"),
    Index(None, "key", "received_at"),
)

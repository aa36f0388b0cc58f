"""What was proposed in place of the agreement in force, and which team approved it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from leads.ledger.tables.base import Moment, metadata

# `instead_of` is the adoption that was in force then: once there is another, the proposal is history.
proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agreement", ForeignKey("agreements.number"), nullable=False),
    Column("instead_of", ForeignKey("adoptions.id"), nullable=False),
    Column("proposed_at", Moment, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("proposal", ForeignKey("proposals.id"), nullable=False),
    Column("team", String(16), nullable=False),
    Column("key", ForeignKey("keys.id"), nullable=False),
    Column("approved_at", Moment, nullable=False),
    Index("uq_approvals_proposal_team", "proposal", "team", unique=True),
)

"""Retrainings: what each learned from, how it ended, and at which leads its recipes were looked at."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from leads.ledger.tables.base import Moment, metadata

# `until` is the moment whose knowledge it learned from; one that never ended was killed, and the next goes on with it.
# `gates` are the verdicts as they were told; `bundle` is the model that came of it, promoted or not; `next_rung`
# says what a richer kind of model needs before it may serve.
retrainings = Table(
    "retrainings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("until", Moment, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("result", String(16)),
    Column("why", Text),
    Column("gates", JSON),
    Column("recipe", String(64)),
    Column("champion", ForeignKey("bundles.number")),
    Column("bundle", ForeignKey("bundles.number")),
    Column("next_rung", Text),
)

# A recipe that was looked at once may not be judged again as if it were new.
looks = Table(
    "looks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("retraining", ForeignKey("retrainings.id"), nullable=False),
    Column("recipe", String(64), nullable=False),
    Column("against", String(64), nullable=False),
    Column("began", Moment, nullable=False),
    Column("ended", Moment, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Index(None, "recipe", "against"),
)

"""How far the nightly run came that scores nurtured leads again."""

from sqlalchemy import Column, Date, String, Table

from leads.ledger.tables.base import Moment, metadata

# The leads up to `reached` are done. One process does the run, the one that holds it; when it is silent until
# `held_until` is over, another goes on.
nights = Table(
    "nights",
    metadata,
    Column("day", Date, primary_key=True),
    Column("reached", String(48), nullable=False),
    Column("holder", String(32), nullable=False),
    Column("held_until", Moment, nullable=False),
    Column("finished_at", Moment),
)

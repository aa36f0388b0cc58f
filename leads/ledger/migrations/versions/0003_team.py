"""Prices of a sales minute, the team and its turns, where leads stand, and what people say became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_prices()
    _tell_how_leads_were_weighed()
    _make_team()
    _make_assignments()
    _keep_outcomes()


def _make_prices() -> None:
    op.create_table(
        "prices",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("bundle", sa.Integer, sa.ForeignKey("bundles.number")),
        sa.Column("agreement", sa.Integer, sa.ForeignKey("agreements.number"), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("review_from", sa.Double),
        sa.Column("leads", sa.Integer, nullable=False),
        sa.Column("demand", sa.Double, nullable=False),
        sa.Column("capacity", sa.Double, nullable=False),
        sa.Column("queued", sa.Double, nullable=False),
        sa.Column("nudge", sa.Double, nullable=False),
    )
    op.create_index("ix_prices_bundle_agreement_number", "prices", ["bundle", "agreement", "number"])


def _tell_how_leads_were_weighed() -> None:
    op.add_column("leads", sa.Column("company", sa.String(64)))
    op.create_index("ix_leads_company", "leads", ["company"])
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(
            sa.Column("price_number", sa.Integer, sa.ForeignKey("prices.number", name="fk_decisions_price_number"))
        )
        for name in ("value", "minutes", "index", "lot"):
            decisions.add_column(sa.Column(name, sa.Double))
        decisions.add_column(sa.Column("ruled_by", sa.String(16)))
        decisions.add_column(sa.Column("chosen", sa.String(16)))


def _make_team() -> None:
    op.create_table(
        "team_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
    )
    op.create_table(
        "credits",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("credit", sa.Double, nullable=False),
    )


def _make_assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), primary_key=True),
        sa.Column("decision", sa.String(48), sa.ForeignKey("decisions.id"), nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("owned_before", sa.JSON, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("respond_by", MOMENT, nullable=False),
        sa.Column("next_step", sa.String(16)),
        sa.Column("next_at", MOMENT),
        sa.Column("escalated", sa.Boolean, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("benefit", sa.Double, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("minutes", sa.Double, nullable=False),
        sa.Column("interest_at", MOMENT, nullable=False),
    )
    for columns in (["ended_at", "next_at"], ["ended_at", "owner"], ["decision"]):
        op.create_index("_".join(("ix_assignments", *columns)), "assignments", columns)
    op.create_table(
        "steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), nullable=False),
        sa.Column("decision", sa.String(48), sa.ForeignKey("decisions.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("owner_before", sa.Text),
        sa.Column("respond_by", MOMENT),
        sa.Column("why", sa.Text, nullable=False),
    )
    for columns in (["lead", "at"], ["owner", "kind", "at"], ["owner_before", "kind", "at"], ["decision"]):
        op.create_index("_".join(("ix_steps", *columns)), "steps", columns)


def _keep_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), nullable=False),
        sa.Column("event", sa.String(200), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64)),
        sa.Column("value", sa.Double),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("key", sa.String(16), sa.ForeignKey("keys.id")),
        sa.Column("left_out", sa.Boolean, nullable=False),
    )
    op.create_index("uq_outcomes_lead_event", "outcomes", ["lead", "event"], unique=True)
    op.create_index("ix_outcomes_lead_occurred_at", "outcomes", ["lead", "occurred_at"])
    op.create_index("ix_outcomes_key_received_at", "outcomes", ["key", "received_at"])

"""What leads do after their form."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _keep_tracks()
    _keep_engagements()
    _keep_costs()
    _tell_of_retrainings()
    _tell_both_chances()


def _keep_engagements() -> None:
    op.create_table(
        "engagements",
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), primary_key=True),
        sa.Column("event", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("properties", sa.JSON, nullable=False),
        sa.Column("key", sa.String(16), sa.ForeignKey("keys.id")),
    )
    op.create_index("ix_engagements_received_at", "engagements", ["received_at"])


def _keep_costs() -> None:
    op.create_table(
        "costs",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("source", sa.String(60), primary_key=True),
        sa.Column("campaign", sa.String(60), primary_key=True),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
    )


def _tell_of_retrainings() -> None:
    op.create_table(
        "retrainings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("result", sa.String(16)),
        sa.Column("why", sa.Text),
        sa.Column("gates", sa.JSON),
        sa.Column("recipe", sa.String(64)),
        sa.Column("champion", sa.Integer, sa.ForeignKey("bundles.number")),
        sa.Column("bundle", sa.Integer, sa.ForeignKey("bundles.number")),
    )
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("retraining", sa.Integer, sa.ForeignKey("retrainings.id"), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("against", sa.String(64), nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("ended", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
    )
    op.create_index("ix_looks_recipe_against", "looks", ["recipe", "against"])


def _tell_both_chances() -> None:
    """Of a lead that sales follows up, and of one that is nurtured; until now one was known."""
    op.add_column("decisions", sa.Column("p_nurture", sa.Double))


def _keep_tracks() -> None:
    """Until now there was one track."""
    op.add_column("decisions", sa.Column("track", sa.String(64)))
    op.execute("UPDATE decisions SET track = 'nurture' WHERE route = 'nurture'")
    op.create_table(
        "nights",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("reached", sa.String(48), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("held_until", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
    )

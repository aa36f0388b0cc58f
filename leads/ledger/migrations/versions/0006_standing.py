"""What the next rung needs, as a retraining found it; a way back to the agreement's scorecard; the newest leads of a
company at once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("retrainings", sa.Column("next_rung", sa.Text))
    with op.batch_alter_table("promotions") as promotions:
        promotions.alter_column("bundle", existing_type=sa.Integer, nullable=True)
    op.drop_index("ix_leads_company", "leads")
    op.create_index("ix_leads_company_arrived_at", "leads", ["company", "arrived_at"])

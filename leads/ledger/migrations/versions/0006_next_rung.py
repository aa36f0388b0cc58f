"""What the next rung needs, as a retraining found it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("retrainings", sa.Column("next_rung", sa.Text))

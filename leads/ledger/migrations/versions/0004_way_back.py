"""What comes back: imports, messages from outside, approvals of an agreement."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _keep_who_told()
    _keep_returns()
    _keep_proposals()
    _keep_hooks()
    _keep_imports()


def _keep_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("agreement", sa.Integer, sa.ForeignKey("agreements.number"), nullable=False),
        sa.Column("instead_of", sa.Integer, sa.ForeignKey("adoptions.id"), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("proposal", sa.Integer, sa.ForeignKey("proposals.id"), nullable=False),
        sa.Column("team", sa.String(16), nullable=False),
        sa.Column("key", sa.String(16), sa.ForeignKey("keys.id"), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
    )
    op.create_index("uq_approvals_proposal_team", "approvals", ["proposal", "team"], unique=True)


def _keep_who_told() -> None:
    op.add_column("outcomes", sa.Column("told_by", sa.Text))


def _keep_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
    )
    op.create_index("ix_returns_at", "returns", ["at"])


def _keep_hooks() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.String(16), sa.ForeignKey("keys.id"), primary_key=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("map", sa.JSON, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("old_secret", sa.Text),
        sa.Column("old_secret_until", MOMENT),
        sa.Column("removed_at", MOMENT),
    )
    op.create_table(
        "hook_faults",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hook", sa.String(16), sa.ForeignKey("hooks.id"), nullable=False),
        sa.Column("delivery", sa.String(64), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id")),
        sa.Column("people", sa.JSON, nullable=False),
        sa.Column("places", sa.JSON, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_index("uq_hook_faults_hook_delivery", "hook_faults", ["hook", "delivery"], unique=True)
    for name in ("lead", "received_at"):
        op.create_index(f"ix_hook_faults_{name}", "hook_faults", [name])


def _keep_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("content", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("file", sa.Text),
        sa.Column("key", sa.String(16), sa.ForeignKey("keys.id")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("rows", "done", "taken", "known", "forgotten", "refused")
        ),
    )

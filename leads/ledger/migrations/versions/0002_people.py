"""People behind leads, answers kept, the outbox, people's rights, and what a key may do."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("schema")  # Alembic's own table says from now on which schema this is
    _give_keys_scopes()
    _know_people()
    _tell_more_of_what_was_sent()
    _tell_more_of_what_was_decided()
    _keep_answers()
    _make_outbox()
    _keep_rights()


def _give_keys_scopes() -> None:
    with op.batch_alter_table("keys") as keys:
        keys.add_column(sa.Column("scopes", sa.JSON))
        keys.add_column(sa.Column("rate", sa.String(32)))
        keys.add_column(sa.Column("expires_at", MOMENT))
    here = sa.table("keys", sa.column("scope", sa.String), sa.column("scopes", sa.JSON))
    for scope in op.get_bind().scalars(sa.select(here.c.scope).distinct()).all():
        op.execute(sa.update(here).where(here.c.scope == scope).values(scopes=[scope]))
    with op.batch_alter_table("keys") as keys:
        keys.alter_column("scopes", existing_type=sa.JSON, nullable=False)
        keys.drop_column("scope")


def _know_people() -> None:
    """The leads before have no person: nobody made a digest of their address, and so nobody can be sure."""
    salt = op.create_table(
        "salt",
        sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("secret", sa.String(64), nullable=False),
    )
    op.bulk_insert(salt, [{"slot": 1, "secret": secrets.token_hex(32)}])
    op.add_column("leads", sa.Column("person", sa.String(64)))
    op.create_index("ix_leads_arrived_at", "leads", ["arrived_at"])
    op.create_index("uq_leads_person", "leads", ["person"], unique=True)
    op.create_table(
        "identities",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id"), primary_key=True),
    )
    op.create_index("ix_identities_lead", "identities", ["lead"])


def _tell_more_of_what_was_sent() -> None:
    op.add_column("submissions", sa.Column("submitted_at", MOMENT))
    op.add_column("submissions", sa.Column("marks", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("submissions", sa.Column("content", sa.String(64)))
    op.create_index("ix_submissions_content_received_at", "submissions", ["content", "received_at"])


def _tell_more_of_what_was_decided() -> None:
    op.add_column("decisions", sa.Column("cause", sa.String(16), nullable=False, server_default="submission"))
    op.add_column("decisions", sa.Column("degraded", sa.String(32)))
    op.add_column("decisions", sa.Column("note", sa.Text))
    degraded = sa.text("degraded IS NOT NULL")
    op.create_index(
        "ix_decisions_degraded", "decisions", ["decided_at"], sqlite_where=degraded, postgresql_where=degraded
    )
    waits = sa.text("route = 'quarantine'")
    op.create_index("ix_decisions_quarantine", "decisions", ["id"], sqlite_where=waits, postgresql_where=waits)


def _keep_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("key", sa.String(16), sa.ForeignKey("keys.id"), primary_key=True),
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("submission", sa.String(48), sa.ForeignKey("submissions.id"), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
    )
    op.create_index("ix_answers_submission", "answers", ["submission"])
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"])


def _make_outbox() -> None:
    op.create_table(
        "receivers",
        sa.Column("id", sa.String(48), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("old_secret", sa.Text),
        sa.Column("old_secret_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.Column("disabled_why", sa.Text),
        sa.Column("removed_at", MOMENT),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(48), primary_key=True),
        sa.Column("receiver", sa.String(48), sa.ForeignKey("receivers.id")),
        sa.Column("mail_to", sa.Text),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("lead", sa.String(48), sa.ForeignKey("leads.id")),
        sa.Column("decision", sa.String(48), sa.ForeignKey("decisions.id")),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("leased_until", MOMENT),
        sa.Column("leased_by", sa.String(64)),
        sa.Column("finished_at", MOMENT),
    )
    due, finished = ["state", "due_at"], ["state", "finished_at"]
    for columns in (due, ["receiver", *due], ["receiver", *finished], ["lead"], ["decision"]):
        op.create_index("_".join(("ix_messages", *columns)), "messages", columns)
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message", sa.String(48), sa.ForeignKey("messages.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("seconds", sa.Double, nullable=False),
    )
    op.create_index("ix_attempts_message", "attempts", ["message"])


def _keep_rights() -> None:
    op.create_table(
        "erasures",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("erased_at", MOMENT, nullable=False),
    )
    op.create_table(
        "objections",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("objects", sa.Boolean, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
    )
    op.create_index("ix_objections_digest", "objections", ["digest"])

"""Where Alembic finds the ledger: on the connection, and in the transaction, of whoever upgrades it."""

from alembic import context

from leads.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

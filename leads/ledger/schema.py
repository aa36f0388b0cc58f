"""From an older schema to the one that this Accord works with."""

from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import NamedTuple

from sqlalchemy import Connection, event, func, insert, select
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger import tables
from leads.ledger.book import Ledger, LedgerUnavailable
from leads.ledger.opening import MAKING, REVISIONS, connect, revision, revision_table, shown, unknown_schema
from leads.refusal import Failure

MIGRATIONS = Path(__file__).parent / "migrations"


class Upgrade(NamedTuple):
    """`before` is None for a database that had no tables."""

    before: str | None
    after: str


class State(NamedTuple):
    """`schema` is None for a database without tables."""

    place: str
    database: str
    schema: str | None
    wanted: str
    leads: int | None
    decisions: int | None


def upgrade_ledger(url: str) -> Upgrade:
    """All steps in one transaction: whatever happens, the ledger has either its old schema or the new one."""
    ledger = connect(url)
    if ledger.on_sqlite:
        event.listen(ledger.engine, "connect", _leave_references_for_later)
    try:
        with ledger.transaction() as connection:
            return _upgrade(connection)
    except LedgerUnavailable as outage:
        raise Failure(
            f"The ledger at {shown(url)} was not changed: {outage}. Stop the services that use it, then try again."
        ) from None
    finally:
        ledger.close()


def ledger_state(ledger: Ledger) -> State:
    place = ledger.engine.url.render_as_string(hide_password=True)
    with ledger.reading() as connection:
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        database = f"{'SQLite' if ledger.on_sqlite else 'PostgreSQL'} {version}"
        known = revision(connection)
        if known is None:
            return State(place, database, None, REVISIONS[-1], None, None)
        leads, decisions = (
            connection.scalars(select(func.count()).select_from(table)).one()
            for table in (tables.leads, tables.decisions)
        )
    return State(place, database, known, REVISIONS[-1], leads, decisions)


def _upgrade(connection: Connection) -> Upgrade:
    from alembic import command
    from alembic.config import Config

    on_sqlite = connection.dialect.name == "sqlite"
    if not on_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MAKING})")
    before = revision(connection)
    if before == REVISIONS[-1]:
        return Upgrade(before, before)
    if before not in (None, *REVISIONS):
        raise unknown_schema(before)
    _number(connection, before)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
    if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise Failure(
            "Some of the ledger's rows name rows that do not exist, so nothing was changed; restore a backup."
        )
    return Upgrade(before, REVISIONS[-1])


def _number(connection: Connection, before: str | None) -> None:
    """The first schema knew its number in another way than Alembic."""
    if before == REVISIONS[0] and not connection.dialect.has_table(connection, revision_table.name):
        revision_table.create(connection)
        connection.execute(insert(revision_table).values(version_num=before))


def _leave_references_for_later(connection: SQLiteConnection, _: ConnectionPoolEntry) -> None:
    """SQLite changes a table by copying it, which its references would forbid; they are checked at the end instead."""
    connection.execute("PRAGMA foreign_keys=OFF")

"""Ledgers of an older Accord: told apart, brought up to date with their data, and never half."""

from collections.abc import Callable, Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from leads.ledger import (
    Ledger,
    agreement_in_force,
    champion,
    find_key,
    lead_story,
    list_keys,
    load_bundle,
    open_ledger,
    upgrade_ledger,
)
from leads.ledger.opening import REVISIONS, connect
from leads.ledger.schema import MIGRATIONS
from leads.ledger.tables import metadata
from leads.refusal import Failure, Refusal
from tests.leads.conftest import digest

SECRET = "sk_" + "5" * 64
AT = "2026-11-23 09:15:00.123456"
FACTS = (
    "INSERT INTO agreements (number, digest, text, written_at) VALUES (1, 'd', 'text', :at)",
    "INSERT INTO adoptions (id, agreement, adopted_at) VALUES (1, 1, :at)",
    "INSERT INTO keys (id, kind, digest, origins, scope, label, created_at) "
    "VALUES ('sk_55555555', 'sk', :secret, '[]', 'all', 'ours', :at)",
    "INSERT INTO keys (id, kind, digest, origins, scope, created_at, revoked_at) "
    "VALUES ('pk_00000000', 'pk', 'e', '[\"https://www.example.com\"]', 'forms', :at, :at)",
    "INSERT INTO leads (id, arrived_at) VALUES ('ld_1', :at)",
    "INSERT INTO submissions (id, lead, received_at, form, key) "
    "VALUES ('sb_1', 'ld_1', :at, '{\"name\": \"Zoë 🙂\"}', 'sk_55555555')",
    "INSERT INTO decisions (id, lead, submission, decided_at, probability, log_odds, base, contributions, scored_by, "
    "horizon_days, band, route, owner, agreement, features) VALUES ('dc_1', 'ld_1', 'sb_1', :at, 0.25, -1.1, -1.1, "
    "'[]', 'trees', 120, 'B', 'sales', 'sales', 1, '{\"pages\": 2.0}')",
    "INSERT INTO bundle_bytes (sha256, data) VALUES ('f', :data)",
    "INSERT INTO bundles (number, sha256, facts, saved_at) VALUES (1, 'f', '{\"rows\": 9}', :at)",
    "UPDATE champion SET bundle = 1",
)


@pytest.fixture
def old(database: str) -> str:
    """A ledger as the first schema was, with something in every table that has changed since."""
    ledger = connect(database)
    with ledger.transaction() as connection:
        command.upgrade(migrations(connection), "0001")
        connection.execute(text("DROP TABLE alembic_version"))
        at = f"'{AT}'" if ledger.on_sqlite else f"'{AT}+00'"
        known = {"secret": digest(SECRET), "data": b"\x00\xff"}
        for fact in FACTS:
            given = {name: known[name] for name in known if f":{name}" in fact}
            connection.execute(text(fact.replace(":at", at)).bindparams(**given))
    ledger.close()
    return database


@pytest.fixture
def upgraded(old: str) -> Iterator[Ledger]:
    upgrade_ledger(old)
    opened = open_ledger(old)
    yield opened
    opened.close()


def migrations(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def differences(ledger: Ledger) -> list[object]:
    with ledger.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [each for each in found if "alembic_version" not in str(each)]


def test_every_step_is_known_to_the_ledger() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    steps = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(step.revision for step in reversed(list(steps))) == REVISIONS


def test_an_old_ledger_ends_with_the_tables_of_a_new_one(upgraded: Ledger) -> None:
    assert differences(upgraded) == []


def test_a_new_ledger_has_the_tables_that_upgrades_lead_to(ledger: Ledger) -> None:
    assert differences(ledger) == []


def test_a_database_without_tables_can_be_upgraded_too(database: str) -> None:
    assert upgrade_ledger(database) == (None, REVISIONS[-1])
    ledger = open_ledger(database)
    assert differences(ledger) == []
    assert champion(ledger) is None
    assert len(ledger.salt) == 32
    ledger.close()


def test_an_old_ledger_keeps_what_it_held(upgraded: Ledger) -> None:
    assert agreement_in_force(upgraded) == (1, "text")
    assert champion(upgraded) == 1
    assert load_bundle(upgraded, 1) == (b"\x00\xff", "f", {"rows": 9})
    story = lead_story(upgraded, "ld_1")
    assert story is not None
    (submission,), (decision,) = story.submissions, story.decisions
    assert (submission.form, submission.key, submission.marks) == ({"name": "Zoë 🙂"}, "sk_55555555", ())
    assert submission.received_at.isoformat() == "2026-11-23T09:15:00.123456+00:00"
    assert (decision.score.probability, decision.features, decision.cause) == (0.25, {"pages": 2.0}, "submission")


def test_old_keys_may_what_they_could(upgraded: Ledger) -> None:
    found = find_key(upgraded, SECRET)
    assert found is not None
    assert (found.scopes, found.label, found.expires_at, found.rate) == (("all",), "ours", None, None)
    (public,) = [key for key in list_keys(upgraded) if key.kind == "pk"]
    assert (public.scopes, public.origins) == (("forms",), ("https://www.example.com",))
    assert public.revoked_at is not None


def test_an_upgrade_is_made_once(old: str) -> None:
    assert upgrade_ledger(old) == ("0001", REVISIONS[-1])
    assert upgrade_ledger(old) == (REVISIONS[-1], REVISIONS[-1])


def test_a_ledger_in_use_is_not_upgraded_and_stays_as_it_was(old: str) -> None:
    used = connect(old)
    with used.transaction() as connection:
        connection.execute(text("UPDATE keys SET label = 'in use'"))
        with pytest.raises(Failure, match="was not changed"):
            upgrade_ledger(old)
    used.close()
    assert upgrade_ledger(old) == ("0001", REVISIONS[-1])


def test_an_upgrade_that_breaks_off_changes_nothing(old: str) -> None:
    spoilt = connect(old)
    with spoilt.transaction() as connection:
        connection.execute(text("CREATE TABLE objections (id INTEGER)"))  # the last that the newest schema makes
    with pytest.raises(Exception, match="objections"):
        upgrade_ledger(old)
    with spoilt.transaction() as connection:
        assert connection.execute(text("SELECT version FROM schema")).scalar_one() == 1
        assert connection.execute(text("SELECT scope FROM keys WHERE kind = 'sk'")).scalar_one() == "all"
        connection.execute(text("DROP TABLE objections"))
    spoilt.close()
    assert upgrade_ledger(old) == ("0001", REVISIONS[-1])


def test_a_ledger_of_an_older_accord_is_not_opened_but_told_what_to_do(old: str) -> None:
    with pytest.raises(Refusal, match=r"schema 0001 .* make a backup and run `accord db upgrade`"):
        open_ledger(old)


@pytest.mark.parametrize("opening", [open_ledger, upgrade_ledger])
def test_a_ledger_of_a_newer_accord_is_left_alone(
    ledger: Ledger, database: str, opening: Callable[[str], object]
) -> None:
    with ledger.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(Refusal, match=r"schema 0999, .* newer Accord"):
        opening(database)

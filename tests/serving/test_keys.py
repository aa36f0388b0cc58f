import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leads.ledger import SCOPES, create_key, find_key, open_ledger
from tests.serving.conftest import accord


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def made(home: Path, *words: str) -> str:
    told = accord(home, "keys", "create", *words)
    assert told.returncode == 0, told.stderr
    (key,) = told.stdout.splitlines()
    return key


def facts(home: Path) -> dict[str, dict[str, Any]]:
    return {key["id"]: key for key in json.loads(accord(home, "keys", "list", "--json").stdout)["keys"]}


def test_a_key_is_made_with_all_that_was_asked(home: Path) -> None:
    words = ("--scope", "leads", "--scope", "forms", "--expires", "30", "--rate", "600/minute", "--label", "CRM")
    key = made(home, "sk", *words)
    told = facts(home)[key[:11]]
    assert (told["scopes"], told["rate"], told["label"], told["state"]) == (
        ["forms", "leads"],
        "600/minute",
        "CRM",
        "valid",
    )
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    shown = accord(home, "keys", "list").stdout
    assert all(part in shown for part in (key[:11], "valid until", "600/minute", "forms, leads", "CRM"))
    assert key not in shown


def test_a_day_ends_at_its_end(home: Path) -> None:
    key = made(home, "pk", "--origin", "HTTPS://www.Example.com/", "--expires", "2099-01-31")
    told = facts(home)[key[:11]]
    assert (told["state"], told["expires_at"]) == ("valid", "2099-02-01T00:00:00+00:00")
    assert "valid until 2099-01-31  " in accord(home, "keys", "list").stdout
    assert (told["origins"], told["scopes"], told["rate"]) == (["https://www.example.com"], ["forms"], "3000/minute")


def test_all_states_are_told(home: Path) -> None:
    ledger = open_ledger(f"sqlite:///{home / 'accord.db'}")
    now = datetime.now(UTC)
    expired = create_key(ledger, "sk", expires_at=now - timedelta(days=1))
    expires = create_key(ledger, "sk", expires_at=now + timedelta(days=1))
    valid, revoked = create_key(ledger, "sk"), create_key(ledger, "sk")
    ledger.close()
    assert accord(home, "keys", "revoke", revoked).returncode == 0
    states = {key[:11]: state for key, state in zip((expired, expires, valid, revoked), STATES, strict=True)}
    assert {name: key["state"] for name, key in facts(home).items()} == states
    lines = {line[:11]: line for line in accord(home, "keys", "list").stdout.splitlines()}
    assert all(f"…  {state}" in lines[name] for name, state in states.items())
    assert f"valid until {now + timedelta(days=1):%Y-%m-%d %H:%M}" in lines[expires[:11]]
    assert "until" not in lines[valid[:11]]


STATES = ("expired", "valid", "valid", "revoked")


def test_the_list_names_its_columns(home: Path) -> None:
    made(home, "pk", "--label", "Landing page")
    head, line = accord(home, "keys", "list").stdout.splitlines()
    for name, begins in (("STATE", "valid"), ("MAY BE USED", "on any page"), ("LABEL", "Landing page")):
        assert head.index(name) == line.index(begins)


def test_the_scopes_are_listed_where_one_looks_for_them(home: Path) -> None:
    told = " ".join(accord(home, "keys", "create", "--help").stdout.split())
    assert ", ".join(SCOPES) in told


@pytest.mark.parametrize(("overlap", "works"), [((), True), (("--overlap", "0"), False)])
def test_a_rolled_key_keeps_its_rights_and_the_old_one_ends(home: Path, overlap: tuple[str, ...], works: bool) -> None:
    old = made(home, "sk", "--scope", "leads", "--rate", "5/minute", "--label", "CRM")
    told = accord(home, "keys", "roll", old[:11], *overlap)
    assert told.returncode == 0, told.stderr
    (new,) = told.stdout.splitlines()
    rights = ("scopes", "rate", "label", "kind")
    found = facts(home)
    assert [found[new[:11]][name] for name in rights] == [found[old[:11]][name] for name in rights]
    ledger = open_ledger(f"sqlite:///{home / 'accord.db'}")
    assert find_key(ledger, new) is not None
    assert (find_key(ledger, old) is not None) is works
    ledger.close()
    if works:
        left = datetime.fromisoformat(found[old[:11]]["expires_at"]) - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("create", "sk", "--origin", "https://a.com"), "make a pk key"),
        (("create", "pk", "--scope", "leads"), "make an sk key"),
        (("create", "sk", "--scope", "everything"), "forms, leads"),
        (("create", "pk", "--origin", "https://a.com/page"), "without a path"),
        (("create", "sk", "--expires", "soon"), "2027-01-31"),
        (("create", "sk", "--expires", "2020-01-01"), "keys revoke"),
        (("create", "sk", "--expires", "0"), "2027-01-31"),
        (("create", "sk", "--rate", "fast"), "600/minute"),
        (("roll", "sk_00000000"), "keys list"),
        (("revoke", "sk_00000000"), "keys list"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_is_told_with_its_remedy(home: Path, words: tuple[str, ...], remedy: str) -> None:
    told = accord(home, "keys", *words)
    assert (told.returncode, told.stdout) == (2, "")
    assert remedy in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("hours", ["-1", "nan", "inf"])
def test_an_overlap_is_a_number_of_hours(home: Path, hours: str) -> None:
    key = made(home, "sk")
    told = accord(home, "keys", "roll", key, f"--overlap={hours}")
    assert told.returncode == 2
    assert "number of hours" in told.stderr

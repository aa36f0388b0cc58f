"""A decision can be made again from the ledger alone, and what was changed afterwards is told."""

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accord import main
from tests.bundles import promoted_model
from tests.serving.conftest import AGREEMENT, Service, accord, laid_out, start, stop

Ran = tuple[int, str]

FORMS = [
    {"email": "ann@example.com", "country": "DE", "budget": 1200.5, "demo_requested": True, "industry": "Steel"},
    {"email": "bob@gmail.com", "country": "FR", "message": "Hello there"},
    {"email": "eve@example.org", "_website": "https://spam.example"},
]


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Six decisions: three by the scorecard, then three by a model."""
    service = start(laid_out(tmp_path_factory.mktemp("replay") / "home"))
    for form in FORMS:
        assert service.send(form).status_code == 201
    promoted_model(service.database, AGREEMENT)
    until = time.monotonic() + 60
    while "no-champion" in service.call("GET", "/readyz").json()["degraded"]:
        assert time.monotonic() < until
        time.sleep(0.2)
    for form in FORMS:
        assert service.send(form | {"name": "Jo"}).status_code == 201
    stop(service)
    return service


@pytest.fixture
def copied(decided: Service, tmp_path: Path) -> Callable[..., Any]:
    """A copy of the ledger, with statements run on it by somebody who should not."""

    def run(*statements: str) -> Path:
        with sqlite3.connect(decided.home / "accord.db") as source, sqlite3.connect(tmp_path / "accord.db") as copy:
            source.backup(copy)
            for statement in statements:
                assert copy.execute(statement).rowcount > 0
        copy.close()
        return tmp_path

    return run


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The verb without a process of its own, so that a bundle is verified once for all tests."""

    def run(home: Path, *words: str) -> Ran:
        monkeypatch.setenv("ACCORD_HOME", str(home))
        monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
        code = main(["replay", *words])
        return code, capsys.readouterr().out

    return run


def test_every_decision_comes_out_the_same_byte_for_byte(decided: Service) -> None:
    ran = accord(decided.home, "replay", "--last", "100", "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert told["decisions"] == told["same"] >= 6
    assert told["different"] == []


def test_one_decision_is_told_with_what_made_it(decided: Service, replay: Callable[..., Ran]) -> None:
    with sqlite3.connect(decided.home / "accord.db") as database:
        ids = dict(database.execute("select scored_by, id from decisions where cause = 'submission'").fetchall())
    for rung, by in (("blend", "conversion/1"), ("scorecard", "the scorecard of agreement 1")):
        code, out = replay(decided.home, ids[rung])
        assert code == 0, out
        assert f"{ids[rung]} was made again by {by}" in out
        assert "The same, byte for byte." in out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("probability = probability + 1e-16 * (1 + abs(probability) * 10)", "probability"),
        ("features = json_set(features, '$.budget', 1201.0)", "contribution of budget"),
        ("contributions = json_set(contributions, '$[0].text', 'Something else')", "contribution of"),
        ("band = 'D'", "band"),
        ("route = 'nurture'", "route"),
        ("features = '{}'", "features"),
        ("model = 'conversion/7'", "model"),
        ("model = '../../x'", "model"),
    ],
)
def test_a_row_that_was_tampered_with_is_told(
    copied: Callable[..., Any], replay: Callable[..., Ran], change: str, told: str
) -> None:
    which = "select id from decisions where model is not null and route = 'sales' limit 1"
    home = copied(f"update decisions set {change} where id = ({which})")  # noqa: S608  # the test's own words
    code, out = replay(home, "--last", "100", "--json")
    assert code == 1, out
    (one,) = json.loads(out)["different"]
    assert any(told in difference["what"] for difference in one["differences"])
    code, out = replay(home, one["decision"])
    assert code == 1
    assert "differs:" in out


def test_a_route_that_a_person_chose_is_not_held_against_the_policy(
    copied: Callable[..., Any], replay: Callable[..., Ran]
) -> None:
    by_hand = "route = 'nurture', cause = 'override', ruled_by = 'hand', propensity = null, chosen = null, note = 'x'"
    home = copied(f"update decisions set {by_hand} where route = 'sales'")  # noqa: S608  # the test's own words
    assert replay(home, "--last", "100")[0] == 0


def test_a_bundle_that_was_damaged_since_is_told(copied: Callable[..., Any], replay: Callable[..., Ran]) -> None:
    home = copied("update bundle_bytes set data = cast(substr(data, 1, length(data) - 3) as blob)")
    code, out = replay(home, "--last", "100")
    assert code == 1
    assert "SHA-256" in out


@pytest.mark.parametrize("words", [["dc_1"], ["--last", "0"]])
def test_a_call_that_makes_no_sense_is_refused(decided: Service, replay: Callable[..., Ran], words: list[str]) -> None:
    assert replay(decided.home, *words)[0] == 2

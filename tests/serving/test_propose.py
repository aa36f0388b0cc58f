"""How one agreement takes the place of another: `accord propose`, `approve`, `agreements`, and the same over HTTP."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from accord import main
from benchmarks.reliability.workplace import ROOT, environment
from leads.agreement import parse_agreement
from leads.ledger import Scope, adopt_agreement, create_key, open_ledger
from tests.history import remember
from tests.serving.conftest import AGREEMENT, PAGE, Service, accord, laid_out, start, stop

FORMS: list[dict[str, object]] = [
    {"email": f"p{number}@example.com", "country": ["DE", "FR", "US"][number % 3], "message": "private words"}
    for number in range(240)
]
STRICTER = AGREEMENT.replace("points = 40.0", "points = 5.0")
"""Germany's leads are then in band C instead of A, and nobody's go to sales."""


class Ended(NamedTuple):
    code: int
    said: str
    failed: str


class Company:
    """With an agreement in force and a month of leads decided under it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "accord.toml").write_text(AGREEMENT)
        self.ledger = open_ledger(f"sqlite:///{home / 'accord.db'}")
        adopt_agreement(self.ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
        self.sales, self.marketing = self.key("approve-sales"), self.key("approve-marketing")

    def key(self, *scopes: Scope) -> str:
        return create_key(self.ledger, "sk", scopes=scopes, label=" ".join(scopes))

    def writes(self, text: str) -> None:
        (self.home / "accord.toml").write_text(text)

    def run(self, *words: str, key: str | None = None) -> Ended:
        """Through the front door, in this process."""
        names = {"ACCORD_HOME": str(self.home), "ACCORD_AGREEMENT": str(self.home / "accord.toml")}
        names |= {"ACCORD_DATABASE_URL": f"sqlite:///{self.home / 'accord.db'}"}
        said, failed = io.StringIO(), io.StringIO()
        with mock.patch.dict(os.environ, names), redirect_stdout(said), redirect_stderr(failed):
            os.environ.pop("ACCORD_KEY", None)
            if key is not None:
                os.environ["ACCORD_KEY"] = key
            code = main(list(words))
        return Ended(code, said.getvalue(), failed.getvalue())

    def told(self, *words: str, key: str | None = None) -> dict[str, Any]:
        ended = self.run(*words, "--json", key=key)
        assert (ended.code, ended.failed) == (0, "")
        return dict(json.loads(ended.said))

    def facts(self) -> list[str]:
        with closing(sqlite3.connect(self.home / "accord.db")) as connection:
            return list(connection.iterdump())


@pytest.fixture
def company(tmp_path: Path) -> Any:
    (tmp_path / "home").mkdir()
    made = Company(tmp_path / "home")
    yield made
    made.ledger.close()


@pytest.fixture
def month(company: Company) -> Company:
    remember(company.ledger, AGREEMENT, 1, FORMS, datetime.now(UTC) - timedelta(minutes=1))
    company.writes(STRICTER)
    return company


def test_a_proposal_tells_what_it_would_have_done(month: Company) -> None:
    ended = month.run("propose")
    assert (ended.code, ended.failed) == (0, "")
    lines = ended.said.splitlines()
    assert lines[:5] == [
        "Agreement 2 is proposed in place of agreement 1. What changes:",
        "",
        "The scorecard, before a model exists and whenever it cannot answer",
        "  - +40 points when “country” is DE or AT.",
        "  + +5 points when “country” is DE or AT.",
    ]
    assert "Keys that differ: scorecard.rules.1.points." in lines
    sales = next(line.split() for line in lines if line.startswith("sales "))
    assert sales[1:4] == ["77", "77", "→"] or sales[1:4] == ["78", "78", "→"]
    assert sales[4] == "0"
    assert any(line.startswith("  country DE: 7") and "→ 0" in line for line in lines)
    assert sum(" sales → nurture (band), 30.8 → 11.7 %" in line for line in lines) == 50
    assert any(line.endswith("more; --json tells them all.") for line in lines)
    assert lines[-1].endswith("`accord approve 2`.")
    assert "example.com" not in ended.said
    assert "private" not in ended.said


def test_as_json_every_lead_that_changes_is_told(month: Company) -> None:
    told = month.told("propose")
    assert (told["agreement"], told["instead_of"], told["anew"], told["model"]) == (2, 1, True, None)
    assert told["keys"] == ["scorecard.rules.1.points"]
    routes = told["routes"]
    count = routes["sales"]["recorded"]
    assert count == len(told["changed"])
    assert routes["sales"]["before"] == {
        "leads": count,
        "minutes": count * 22.0,
        "conversions": pytest.approx(count * 4 / 13),
    }
    assert routes["sales"]["after"] == {"leads": 0, "minutes": 0.0, "conversions": 0}
    assert sum(route["after"]["leads"] for route in routes.values()) == told["leads"]
    assert told["segments"] == [{"field": "country", "level": "DE", "before": count, "after": 0}]
    changed = told["changed"][0]
    assert changed["before"]["route"] == changed["recorded"] == "sales"
    assert (changed["after"]["route"], changed["after"]["band"]) == ("nurture", "C")
    assert told["notes"] == ["Under neither is there a price of a sales minute now, so the agreed bands decide."]
    assert month.told("propose", "--days", "7")["leads"] < told["leads"]


def test_no_decision_is_written(month: Company) -> None:
    before = set(month.facts())
    month.run("propose")
    written = {line.split()[2].strip('"') for line in set(month.facts()) - before}
    assert written == {"agreements", "proposals"}


def test_the_threshold_changes_when_both_teams_want_it(month: Company) -> None:
    month.run("propose")
    assert month.run("approve", "2", key=month.sales).said == (
        "Sales has approved agreement 2; it waits for marketing.\n"
    )
    assert "already" in month.run("approve", "2", key=month.sales).said
    assert month.told("agreements")["in_force"] == 1
    told = month.told("approve", "2", key=month.marketing)
    assert told == {"agreement": 2, "team": "marketing", "waits_for": [], "in_force": True}
    assert month.told("agreements")["in_force"] == 2
    month.writes(AGREEMENT)
    assert month.told("propose")["agreement"] == 1


def test_the_history_reads_as_a_story(month: Company) -> None:
    month.run("propose")
    month.run("approve", "2", key=month.sales)
    waits = month.run("agreements").said
    assert "waits for marketing: `accord approve 2`." in waits
    month.run("approve", "2", key=month.marketing)
    lines = [line.strip() for line in month.run("agreements").said.splitlines()]
    gist = [line for line in lines if line.startswith(("Agreement", "sales", "marketing", "- ", "+ "))]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert [line.replace(f"{today} ", "")[:44] for line in gist if not line.startswith(("sales", "marketing"))] == [
        "Agreement 1 (was in force)",
        "Agreement 2 (in force)",
        "- +40 points when “country” is DE or AT.",
        "+ +5 points when “country” is DE or AT.",
    ]
    assert f"(key {month.sales[:11]}…, approve-sales);" in " ".join(lines)
    assert month.sales not in waits


def test_an_unchanged_or_faulty_agreement_is_no_proposal(month: Company) -> None:
    before = month.facts()
    month.writes("# the same, with a remark\n" + AGREEMENT)
    ended = month.run("propose")
    assert (ended.code, ended.failed) == (2, "accord: Nothing to propose: this is agreement 1, which is in force.\n")
    month.writes(AGREEMENT.replace('sales_from = "B"', 'sales_from = "E"'))
    ended = month.run("propose")
    assert ended.code == 2
    assert "accord.toml, line" in ended.failed
    for days in ("0", "367"):
        assert "--days" in month.run("propose", "--days", days).failed
    assert month.facts() == before


def test_without_an_agreement_in_force_nothing_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "accord.toml").write_text(AGREEMENT)
    ended = subprocess.run(
        [sys.executable, ROOT / "accord.py", "propose"],
        env=environment(tmp_path),
        text=True,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "`accord serve` adopts the first one" in ended.stderr


def test_an_approval_that_cannot_count_changes_nothing(month: Company) -> None:
    month.run("propose")
    month.run("approve", "2", key=month.sales)
    before = month.facts()
    everything, leads = create_key(month.ledger, "sk"), month.key("leads")
    for key in (everything, leads, create_key(month.ledger, "pk")):
        ended = month.run("approve", "2", key=key)
        assert (ended.code, "key of one team" in ended.failed) == (2, True)
    for number, words in (("1", "in force already"), ("9", "no agreement with this number")):
        ended = month.run("approve", number, key=month.marketing)
        assert (ended.code, words in ended.failed) == (2, True)
    ended = month.run("approve", "2", key="sk_" + "0" * 64)
    assert (ended.code, "not known here" in ended.failed) == (2, True)
    rows = [line for line in month.facts() if "INSERT INTO" in line and 'INTO "keys"' not in line]
    assert rows == [line for line in before if "INSERT INTO" in line and 'INTO "keys"' not in line]


def test_one_key_is_not_made_for_both_teams(company: Company) -> None:
    words = ("keys", "create", "sk", "--scope", "approve-sales", "--scope", "approve-marketing")
    ended = company.run(*words)
    assert (ended.code, "one team" in ended.failed, ended.said) == (2, True, "")


def test_the_key_is_read_from_the_input_where_no_setting_has_it(month: Company) -> None:
    month.run("propose")
    with mock.patch("sys.stdin", io.StringIO("\n")):
        ended = month.run("approve", "2")
    assert (ended.code, "set ACCORD_KEY, or type it" in ended.failed) == (2, True)
    with mock.patch("sys.stdin", io.StringIO(f"{month.sales}\n")):
        assert month.told("approve", "2")["team"] == "sales"


def approvals(service: Service, number: object, key: str) -> Any:
    return service.call("POST", f"/v1/agreements/{number}/approvals", key)


@pytest.fixture
def asked(served: Callable[..., Service]) -> Service:
    service = served()
    (service.home / "accord.toml").write_text(STRICTER)
    assert service.send({"email": "a@example.com", "country": "DE"}).json()["route"] == "sales"
    assert accord(service.home, "propose").returncode == 0
    return service


def test_over_http_both_teams_approve_and_the_service_says_what_waits(asked: Service) -> None:
    ledger = open_ledger(asked.database)
    keys = [create_key(ledger, "sk", scopes=[scope]) for scope in ("approve-sales", "approve-marketing")]
    assert approvals(asked, 2, asked.secret).status_code == 403
    for number in ("9", "x", "0", "9" * 30, "-1"):
        assert approvals(asked, number, keys[0]).status_code == 404
    refused = approvals(asked, 1, keys[0])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-proposed")
    assert asked.call("GET", "/v1/agreements", keys[0]).json()["in_force"] == 1
    first = approvals(asked, 2, keys[0])
    assert (first.status_code, first.json()) == (
        201,
        {"agreement": 2, "team": "sales", "waits_for": ["marketing"], "in_force": False},
    )
    assert approvals(asked, 2, keys[0]).status_code == 200
    assert "agreement-waiting" not in asked.call("GET", "/readyz").json()["degraded"]
    assert approvals(asked, 2, keys[1]).json()["in_force"] is True
    assert "agreement-waiting" in asked.call("GET", "/readyz").json()["degraded"]
    told = asked.call("GET", "/v1/agreements", keys[1]).json()
    assert (told["in_force"], told["serving"]) == (2, 1)
    assert [(one["agreement"], one["state"]) for one in told["agreements"]] == [(1, "was in force"), (2, "in force")]
    assert [one["team"] for one in told["agreements"][1]["approvals"]] == ["sales", "marketing"]
    assert told["agreements"][1]["keys"] == ["scorecard.rules.1.points"]
    again = asked.send({"email": "b@example.com", "country": "DE"}).json()
    assert (again["agreement"], again["route"]) == (1, "sales")
    ledger.close()


def test_a_service_decides_under_the_adopted_agreement_once_it_is_restarted(tmp_path: Path) -> None:
    service = start(laid_out(tmp_path / "home"))
    form = {"email": "a@example.com", "country": "DE"}
    assert service.send(form).json()["agreement"] == 1
    (service.home / "accord.toml").write_text(STRICTER)
    assert accord(service.home, "propose").returncode == 0
    ledger = open_ledger(service.database)
    for scope in ("approve-sales", "approve-marketing"):
        assert approvals(service, 2, create_key(ledger, "sk", scopes=[scope])).status_code == 201
    ledger.close()
    stop(service)
    start(service)
    made = service.call("POST", "/v1/leads", service.secret, {"Origin": PAGE}, json=form | {"email": "c@example.com"})
    assert (made.json()["agreement"], made.json()["route"]) == (2, "nurture")
    assert service.call("GET", "/readyz").json()["degraded"] == ["no-champion"]
    stop(service)

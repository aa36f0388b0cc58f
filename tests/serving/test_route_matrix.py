"""Every endpoint, every kind of key, and what is answered. An endpoint that is missing here fails the first test."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from benchmarks.fuzz import ALL_KINDS
from benchmarks.reliability.workplace import laid_out, serving
from leads.agreement import parse_agreement
from leads.ledger import SCOPES, Scope, create_key, open_ledger, revoke_key
from models.champion import serving_scorer
from serving.app import create_app
from serving.edge.browsers import SHARED

PAGE = "https://www.example.com"
RATE = "1000000/minute"
VISITORS = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in count(1))


class Rule(NamedTuple):
    """The scope that a key needs, None where everybody may, and what a call without a body is answered then, with the
    code of its problem where that is for everybody; `also` are scopes that do as well."""

    scope: Scope | None
    admitted: int
    code: str = ""
    also: tuple[Scope, ...] = ()


RULES: dict[tuple[str, str], Rule] = {
    ("POST", "/v1/leads"): Rule("forms", 415),
    ("OPTIONS", "/v1/leads"): Rule(None, 204),
    ("POST", "/v1/hooks/{hook}"): Rule(None, 404, "not-found"),
    ("GET", "/v1/form"): Rule("forms", 200),
    ("OPTIONS", "/v1/form"): Rule(None, 204),
    ("GET", "/v1/form.js"): Rule(None, 200),
    ("GET", "/v1/leads/{lead}"): Rule("leads", 404),
    ("GET", "/v1/queue"): Rule("leads", 200),
    ("GET", "/v1/report"): Rule("leads", 200, also=("approve-sales", "approve-marketing")),
    ("GET", "/v1/model"): Rule("leads", 200, also=("approve-sales", "approve-marketing")),
    ("GET", "/v1/decisions/{decision}"): Rule("leads", 404),
    ("GET", "/v1/agreements"): Rule("leads", 200, also=("approve-sales", "approve-marketing")),
    ("POST", "/v1/agreements/{number}/approvals"): Rule("approve-sales", 404, also=("approve-marketing",)),
    ("POST", "/v1/leads/{lead}/override"): Rule("leads", 415),
    ("POST", "/v1/leads/{lead}/outcomes"): Rule("outcomes", 415),
    ("POST", "/v1/outcomes"): Rule("outcomes", 415),
    ("POST", "/v1/leads/{lead}/engagements"): Rule("engagements", 415),
    ("POST", "/v1/engagements"): Rule("engagements", 415),
    ("POST", "/v1/imports"): Rule("imports", 415),
    ("GET", "/v1/answer/{token}"): Rule(None, 404, "link-unknown"),
    ("POST", "/v1/answer/{token}"): Rule(None, 404, "link-unknown"),
    ("GET", "/v1/quarantine"): Rule("quarantine", 200),
    ("POST", "/v1/leads/{lead}/restore"): Rule("quarantine", 415),
    ("POST", "/v1/leads/{lead}/objection"): Rule("privacy", 415),
    ("POST", "/v1/people/export"): Rule("privacy", 415),
    ("POST", "/v1/people/erase"): Rule("privacy", 415),
    ("GET", "/v1/endpoints"): Rule("receivers", 200),
    ("POST", "/v1/endpoints"): Rule("receivers", 415),
    ("GET", "/v1/endpoints/{endpoint}"): Rule("receivers", 404),
    ("PATCH", "/v1/endpoints/{endpoint}"): Rule("receivers", 415),
    ("DELETE", "/v1/endpoints/{endpoint}"): Rule("receivers", 404),
    ("POST", "/v1/endpoints/{endpoint}/roll"): Rule("receivers", 404),
    ("POST", "/v1/endpoints/{endpoint}/test"): Rule("receivers", 404),
    ("GET", "/v1/deliveries"): Rule("receivers", 200),
    ("POST", "/v1/deliveries/{message}/replay"): Rule("receivers", 404),
    ("GET", "/metrics"): Rule("metrics", 200),
    ("GET", "/healthz"): Rule(None, 200),
    ("GET", "/readyz"): Rule(None, 200),
    ("GET", "/openapi.json"): Rule(None, 200),
    ("GET", "/"): Rule(None, 200),
    ("GET", "/docs"): Rule(None, 200),
    ("GET", "/problems/{code}"): Rule(None, 200),
}
PREFLIGHTS = {("OPTIONS", path) for path in SHARED}
"""Answered before any endpoint is looked for."""
EACH = pytest.mark.parametrize(("method", "path"), list(RULES), ids=map(" ".join, RULES))


class Service(NamedTuple):
    """Behind a proxy, so that each call comes from another visitor."""

    url: str
    keys: Mapping[str, str]
    client: httpx2.Client

    def call(self, method: str, path: str, key: str | None, origin: str | None = None) -> tuple[int, str]:
        headers = {"X-Forwarded-For": next(VISITORS)} | ({"Origin": origin} if origin else {})
        headers |= {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        filled = "/".join({"{code}": "scope"}.get(step, "x") if step[:1] == "{" else step for step in path.split("/"))
        answer = self.client.request(method, self.url + filled, headers=headers)
        refused = answer.status_code >= 400
        return answer.status_code, answer.json()["type"].removeprefix("/problems/") if refused else ""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    more = {"ACCORD_TRUSTED_PROXIES": "127.0.0.1"}
    workplace = laid_out(tmp_path_factory.mktemp("matrix") / "home", agreement=ALL_KINDS, more=more)
    ledger = open_ledger(workplace.database)
    keys = {f"sk {scope}": create_key(ledger, "sk", scopes=[scope], rate=RATE) for scope in SCOPES}
    past = datetime.now(UTC) - timedelta(seconds=1)
    keys |= {
        "pk": create_key(ledger, "pk", [PAGE], rate=RATE),
        "revoked sk": create_key(ledger, "sk"),
        "revoked pk": create_key(ledger, "pk", [PAGE]),
        "expired sk": create_key(ledger, "sk", expires_at=past),
        "expired pk": create_key(ledger, "pk", [PAGE], expires_at=past),
        "unknown sk": "sk_" + "0" * 64,
        "unknown pk": "pk_" + "0" * 64,
    }
    for name in ("revoked sk", "revoked pk"):
        revoke_key(ledger, keys[name])
    ledger.close()
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Service(f"http://127.0.0.1:{workplace.port}", keys, client)


def test_every_endpoint_of_the_service_stands_in_this_matrix(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    app = create_app(ledger, parse_agreement(ALL_KINDS), 1, serving_scorer)
    found = {(method, route.path) for route in iter_route_contexts(app.routes) for method in route.methods or ()}
    app.state.desk.intake.close()
    ledger.close()
    assert found | PREFLIGHTS == set(RULES)


@EACH
def test_without_a_key(asked: Service, method: str, path: str) -> None:
    rule = RULES[method, path]
    status, code = asked.call(method, path, None)
    assert (status, code) == ((401, "key-missing") if rule.scope else (rule.admitted, rule.code))


@EACH
@pytest.mark.parametrize(
    "key", [f"{state} {kind}" for state in ("revoked", "expired", "unknown") for kind in ("sk", "pk")]
)
def test_with_a_key_that_is_not_in_force(asked: Service, method: str, path: str, key: str) -> None:
    rule = RULES[method, path]
    assert asked.call(method, path, key, PAGE) == ((401, "key-invalid") if rule.scope else (rule.admitted, rule.code))


@EACH
@pytest.mark.parametrize("scope", SCOPES)
def test_with_a_secret_key_of_each_scope(asked: Service, method: str, path: str, scope: Scope) -> None:
    rule = RULES[method, path]
    status, code = asked.call(method, path, f"sk {scope}")
    if rule.scope in (None, scope) or scope in ("all", *rule.also):
        assert status == rule.admitted
    else:
        assert (status, code) == (403, "scope")


@EACH
@pytest.mark.parametrize("origin", [PAGE, PAGE + ".evil.io", "null", None], ids=["own page", "another", "null", "none"])
def test_with_a_publishable_key(asked: Service, method: str, path: str, origin: str | None) -> None:
    rule = RULES[method, path]
    status, code = asked.call(method, path, "pk", origin)
    if rule.scope not in (None, "forms"):
        assert (status, code) == (403, "scope")
    elif rule.scope == "forms" and origin != PAGE:
        assert (status, code) == (403, "origin")
    else:
        assert status == rule.admitted

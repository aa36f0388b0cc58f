from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from leads.ledger import create_key, open_ledger
from tests.serving.conftest import PAGE, Service, laid_out, start, stop

FOREIGN = ["null", "https://www.example.com.evil.io", "http://www.example.com", f"{PAGE}:8443", "https://example.com"]
SHARED = [("POST", "/v1/leads"), ("GET", "/v1/form")]
ORIGIN = "Access-Control-Allow-Origin"
POLICY = "Content-Security-Policy"


def preflight(service: Service, path: str, origin: str, method: str = "POST", headers: str = "") -> httpx2.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return service.call("OPTIONS", path, None, {"Origin": origin, **asked})


@pytest.mark.parametrize(("method", "path"), SHARED)
def test_a_page_of_the_list_may_ask_and_read(service: Any, method: str, path: str) -> None:
    answer = preflight(service, path, PAGE, method, "authorization,content-type,idempotency-key")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[ORIGIN] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == method
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, idempotency-key"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("asked", ["DELETE", "PUT", "x" * 200])
def test_odd_wishes_of_a_preflight_change_nothing(service: Any, asked: str) -> None:
    usual, odd = preflight(service, "/v1/leads", PAGE), preflight(service, "/v1/leads", PAGE, asked, f"x-{asked}")
    names = ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", ORIGIN)
    assert odd.status_code == 204
    assert [odd.headers[name] for name in names] == [usual.headers[name] for name in names]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_may_neither_ask_nor_read_nor_send(service: Any, origin: str) -> None:
    assert ORIGIN not in preflight(service, "/v1/leads", origin).headers
    sent = service.call("POST", "/v1/leads", service.public, {"Origin": origin}, json={"email": "a@example.com"})
    assert sent.status_code == 403
    assert sent.json()["type"].endswith("/origin")
    assert ORIGIN not in sent.headers
    assert sent.headers["Vary"] == "Origin"


def test_a_page_of_the_list_reads_receipts_and_problems(service: Any) -> None:
    good, bad = service.send({"email": "a@example.com"}, service.public), service.send({}, service.public)
    unknown = service.call("POST", "/v1/leads", "pk_0", {"Origin": PAGE})
    assert [good.status_code, bad.status_code, unknown.status_code] == [201, 422, 401]
    for answer in (good, bad, unknown):
        assert answer.headers[ORIGIN] == PAGE
        assert answer.headers["Access-Control-Expose-Headers"] == "Idempotency-Replayed, Retry-After"


@pytest.mark.parametrize("path", ["/v1/leads/ld_1", "/healthz", "/openapi.json"])
def test_nothing_else_is_shared_with_pages(service: Any, path: str) -> None:
    assert preflight(service, path, PAGE, "GET").status_code == 405
    assert ORIGIN not in service.call("GET", path, service.secret, {"Origin": PAGE}).headers


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Has a publishable key without origins."""
    service = laid_out(tmp_path_factory.mktemp("open") / "home")
    ledger = open_ledger(service.database)
    service.public = create_key(ledger, "pk")
    ledger.close()
    yield start(service)
    stop(service)


@pytest.mark.parametrize("origin", ["https://anywhere.example", "null"])
def test_a_key_without_origins_opens_the_form_to_any_page(open_to_all: Service, origin: str) -> None:
    assert preflight(open_to_all, "/v1/leads", origin).headers[ORIGIN] == origin
    headers = {"Origin": origin}
    sent = open_to_all.call("POST", "/v1/leads", open_to_all.public, headers, json={"email": "a@example.com"})
    assert sent.status_code == 201
    assert sent.headers[ORIGIN] == origin


@pytest.mark.parametrize(
    "call",
    [
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/healthz"),
        ("GET", "/nothing"),
        ("PUT", "/v1/leads"),
        ("GET", "/v1/form"),
    ],
    ids=" ".join,
)
def test_every_answer_tells_browsers_to_be_careful(service: Any, call: tuple[str, str]) -> None:
    headers = service.call(*call).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in headers


@pytest.mark.parametrize("path", ["/", "/docs", "/problems/required"])
def test_pages_run_no_script_of_their_own_and_stand_in_no_frame(service: Any, path: str) -> None:
    policy = service.call("GET", path).headers[POLICY]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules.get("script-src", "")
    assert rules["frame-ancestors"] == "'none'"


def test_the_script_may_be_loaded_by_any_page_and_kept(service: Any) -> None:
    first = service.call("GET", "/v1/form.js", None, {"Origin": "https://anywhere.example"})
    assert first.status_code == 200
    assert first.headers["Content-Type"].startswith("text/javascript")
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert first.headers[ORIGIN] == "*"
    assert "max-age" in first.headers["Cache-Control"]
    again = service.call("GET", "/v1/form.js", None, {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "eval(" not in first.text
    assert "innerHTML" not in first.text


def test_the_script_is_part_of_the_package() -> None:
    from importlib.resources import files

    assert files("serving.edge").joinpath("form.js").is_file()
    assert (Path(__file__).parents[2] / "serving" / "edge" / "form.js").is_file()

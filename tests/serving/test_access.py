import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx2
import pytest

from leads.ledger import Scope, create_key, open_ledger, revoke_key
from leads.refusal import Refusal
from serving.edge.access import origin, origin_of_page
from tests.serving.conftest import PAGE, Service, laid_out, start, stop

OPEN = {("GET", "/healthz"), ("GET", "/readyz")}
SIGNED = {("POST", "/v1/hooks/{hook}"), ("GET", "/v1/answer/{token}"), ("POST", "/v1/answer/{token}")}
"""What a signature opens and no key: tests of their own try forged ones."""
PUBLIC = {("POST", "/v1/leads"), ("GET", "/v1/form")}
"""All that a publishable key may do."""
CLIENTS = count()
UNKNOWN = "sk_" + "0" * 64
Endpoint = tuple[str, str]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Believes what this machine says of its clients, so that no test uses up what one client may try."""
    service = laid_out(tmp_path_factory.mktemp("access") / "home")
    yield start(service, ACCORD_TRUSTED_PROXIES="127.0.0.1")
    stop(service)


def told(service: Service, method: str, path: str, key: str | None, **headers: str | bytes) -> httpx2.Response:
    number = next(CLIENTS)
    sent = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"} | headers
    return service.call(method, re.sub("{.*?}", "ld_1", path), key, sent)


def call(service: Service, method: str, path: str, key: str | None, **headers: str | bytes) -> tuple[int, str]:
    answer = told(service, method, path, key, **headers)
    code = answer.json()["type"].rsplit("/", 1)[-1] if answer.status_code >= 400 else ""
    return answer.status_code, code


def closed(service: Service) -> list[Endpoint]:
    """Every endpoint that is described, but those which are open to all or to a signature."""
    paths = service.call("GET", "/openapi.json").json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described > OPEN | PUBLIC
    return sorted(described - OPEN - SIGNED)


def made(service: Service, *scopes: Scope, expires_at: datetime | None = None) -> str:
    ledger = open_ledger(service.database)
    key = create_key(ledger, "sk", scopes=scopes, expires_at=expires_at)
    ledger.close()
    return key


def test_nothing_is_open_without_a_key(asked: Service) -> None:
    answers = {endpoint: call(asked, *endpoint, None) for endpoint in closed(asked)}
    assert answers == dict.fromkeys(answers, (401, "key-missing"))


@pytest.mark.parametrize("key", [UNKNOWN, "pk_" + "0" * 64, "x", "sk_ä"])
def test_an_unknown_key_opens_nothing(asked: Service, key: str) -> None:
    bearer = f"Bearer {key}".encode()
    answers = {endpoint: call(asked, *endpoint, None, Authorization=bearer) for endpoint in closed(asked)}
    assert answers == dict.fromkeys(answers, (401, "key-invalid"))


def test_a_secret_key_opens_everything(asked: Service) -> None:
    answers = {endpoint: told(asked, *endpoint, asked.secret).status_code for endpoint in closed(asked)}
    assert not {endpoint: status for endpoint, status in answers.items() if status in (401, 403) or status >= 500}


def test_a_publishable_key_only_sends_and_reads_forms(asked: Service) -> None:
    answers = {endpoint: call(asked, *endpoint, asked.public, Origin=PAGE) for endpoint in closed(asked)}
    assert {endpoint for endpoint, answer in answers.items() if answer != (403, "scope")} == PUBLIC


def test_a_secret_key_with_a_scope_does_nothing_else(asked: Service) -> None:
    key = made(asked, "metrics")
    answers = {endpoint: call(asked, *endpoint, key) for endpoint in closed(asked)}
    assert {path for (_, path), answer in answers.items() if answer != (403, "scope")} <= {"/metrics"}


@pytest.mark.parametrize(
    "sent", [None, "null", "https://www.example.com.evil.io", "http://www.example.com", PAGE + ":8443"]
)
def test_a_publishable_key_works_on_its_own_pages_alone(asked: Service, sent: str | None) -> None:
    headers = {} if sent is None else {"Origin": sent}
    assert call(asked, "POST", "/v1/leads", asked.public, **headers) == (403, "origin")


@pytest.mark.parametrize("authorization", ["Basic abc", "Bearer", "{key}", "Token {key}"])
def test_a_key_in_another_dress_is_not_valid(asked: Service, authorization: str) -> None:
    header: Mapping[str, str] = {"Authorization": authorization.format(key=asked.secret)}
    assert call(asked, "GET", "/v1/form", None, **header) == (401, "key-invalid")


@pytest.mark.parametrize("name", ["key", "token", "x"])
def test_a_key_in_the_url_is_refused_even_with_a_good_header(asked: Service, name: str) -> None:
    answer = told(asked, "GET", f"/v1/form?{name}={asked.secret}", asked.secret)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/key-in-url")
    assert asked.secret not in answer.text


def test_all_bad_keys_are_answered_alike(asked: Service) -> None:
    key, expired = made(asked), made(asked, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert call(asked, "GET", "/v1/form", key)[0] == 200
    ledger = open_ledger(asked.database)
    revoke_key(ledger, key)
    ledger.close()
    answers = [told(asked, "GET", "/v1/form", bad) for bad in (key, expired, UNKNOWN, "pk_1")]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [answer.json() | {"instance": ""} for answer in answers]
    assert bodies == [bodies[0]] * 4
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer error="invalid_token"'}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.com/", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_read_as_browsers_send_it(text: str, read: str) -> None:
    assert origin(text) == read


@pytest.mark.parametrize(
    "text",
    ["", "null", "*", "example.com", "https://*.example.com", "https://a.com/page", "ftp://a.com", "https://a:b"],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="without a path"):
        origin(text)


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("https://www.example.com/thanks?a=b#c", "https://www.example.com"),
        ("HTTPS://WWW.EXAMPLE.COM?x", "https://www.example.com"),
        ("https://example.com:443#x", "https://example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_the_origin_of_a_page_is_read(address: str, read: str) -> None:
    assert origin_of_page(address) == read


@pytest.mark.parametrize(
    "address",
    [
        "/thanks",
        "//a.com/",
        "https:/a.com",
        "https://a.com@b.com/",
        "https://@b.com/",
        "https://a.com\\@b.com/",
        "https://a.com\\.b.com/",
        "https://a.com/ü",
        "https://a.com/ x",
        " https://a.com/",
        "https://a.com/\r\nX: y",
        "https://*/",
        "https:///a.com",
        "data:text/html,x",
    ],
)
def test_an_address_of_two_readings_has_no_origin(address: str) -> None:
    with pytest.raises(Refusal):
        origin_of_page(address)

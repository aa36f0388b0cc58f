import re
from collections.abc import Mapping
from typing import Any

import pytest

from leads.ledger import create_key, open_ledger, revoke_key
from leads.refusal import Refusal
from serving.access import origin

PAGE = "https://www.example.com"
# What a call without a body is answered when its key may make it.
ADMITTED = {
    ("POST", "/v1/leads"): 415,
    ("GET", "/v1/leads/{lead}"): 404,
    ("GET", "/v1/decisions/{decision}"): 404,
    ("GET", "/v1/form"): 200,
}
PUBLIC = {("POST", "/v1/leads"), ("GET", "/v1/form")}
ENDPOINTS = [pytest.param(*endpoint, id=" ".join(endpoint)) for endpoint in ADMITTED]


def call(service: Any, method: str, path: str, key: str | None, **headers: str) -> tuple[int, str]:
    answer = service.call(method, re.sub("{.*}", "ld_1", path), key, headers)
    code = answer.json()["type"].rsplit("/", 1)[-1] if answer.status_code >= 400 else ""
    return answer.status_code, code


def test_every_endpoint_of_the_service_stands_in_this_matrix(service: Any) -> None:
    paths = service.call("GET", "/openapi.json").json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == set(ADMITTED) | {("GET", "/healthz"), ("GET", "/readyz")}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_nothing_is_open_without_a_key(service: Any, method: str, path: str) -> None:
    assert call(service, method, path, None) == (401, "key-missing")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("key", ["sk_" + "0" * 64, "pk_" + "0" * 64, "x", "sk_ä"])
def test_an_unknown_key_opens_nothing(service: Any, method: str, path: str, key: str) -> None:
    assert call(service, method, path, None, Authorization=f"Bearer {key}".encode()) == (401, "key-invalid")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_secret_key_opens_everything(service: Any, method: str, path: str) -> None:
    assert call(service, method, path, service.secret)[0] == ADMITTED[method, path]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_publishable_key_only_sends_and_reads_forms(service: Any, method: str, path: str) -> None:
    status, code = call(service, method, path, service.public, Origin=PAGE)
    if (method, path) in PUBLIC:
        assert status == ADMITTED[method, path]
    else:
        assert (status, code) == (403, "scope")


@pytest.mark.parametrize(
    "sent", [None, "null", "https://www.example.com.evil.io", "http://www.example.com", PAGE + ":8443"]
)
def test_a_publishable_key_works_on_its_own_pages_alone(service: Any, sent: str | None) -> None:
    headers = {} if sent is None else {"Origin": sent}
    assert call(service, "POST", "/v1/leads", service.public, **headers) == (403, "origin")


@pytest.mark.parametrize("authorization", ["Basic abc", "Bearer", "{key}", "Token {key}"])
def test_a_key_in_another_dress_is_not_valid(service: Any, authorization: str) -> None:
    header: Mapping[str, str] = {"Authorization": authorization.format(key=service.secret)}
    assert call(service, "GET", "/v1/form", None, **header) == (401, "key-invalid")


@pytest.mark.parametrize("name", ["key", "token", "x"])
def test_a_key_in_the_url_is_refused_even_with_a_good_header(service: Any, name: str) -> None:
    answer = service.call("GET", f"/v1/form?{name}={service.secret}", service.secret)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/key-in-url")
    assert service.secret not in answer.text


def test_a_revoked_key_ends_at_once_and_like_an_unknown_one(service: Any) -> None:
    ledger = open_ledger(service.database)
    key = create_key(ledger, "sk")
    assert call(service, "GET", "/v1/form", key)[0] == 200
    revoke_key(ledger, key)
    ledger.close()
    revoked = service.call("GET", "/v1/form", key).json()
    unknown = service.call("GET", "/v1/form", "sk_" + "0" * 64).json()
    assert {**revoked, "instance": ""} == {**unknown, "instance": ""}
    assert revoked["status"] == 401


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

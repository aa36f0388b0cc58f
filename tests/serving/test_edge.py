import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from serving.edge.json_body import LARGEST_BODY, object_of
from serving.problems import KINDS, Problem

SECRET_WORD = "Canary-Person"
JSON = "application/json"


def with_field(key: str, literal: str) -> bytes:
    return f'{{"email": "jane@example.com", "name": "{SECRET_WORD}", "{key}": {literal}}}'.encode()


GOOD = with_field("country", '"DE"')
BAD_BODIES = [
    ("NaN", with_field("budget", "NaN"), 400, "json-not-finite", "#/budget"),
    ("Infinity", with_field("budget", "Infinity"), 400, "json-not-finite", "#/budget"),
    ("minus Infinity", with_field("budget", "-Infinity"), 400, "json-not-finite", "#/budget"),
    ("NaN for a text", with_field("country", "NaN"), 400, "json-not-finite", "#/country"),
    ("NaN deep inside", with_field("budget", '[1, {"a/b~c": NaN}]'), 400, "json-not-finite", "#/budget/1/a~1b~0c"),
    ("a number above all doubles", with_field("budget", "1e400"), 400, "json-not-finite", "#/budget"),
    ("a key given twice", with_field("email", '"other@example.com"'), 400, "json-duplicate-key", "#/email"),
    ("half a surrogate pair", with_field("country", '"\\ud800"'), 400, "json-bad-unicode", "#/country"),
    ("half a pair in a key", with_field("\\udc00", "1"), 400, "json-bad-unicode", "#/%3F"),
    ("a null character", with_field("message", '"a\\u0000b"'), 422, "control-character", "#/message"),
    ("an escape character", with_field("message", '"\\u001b[31m"'), 422, "control-character", "#/message"),
    ("a C1 character", with_field("message", '"\\u0085"'), 422, "control-character", "#/message"),
    ("a raw line end in a text", with_field("message", '"a\nb"'), 400, "json-syntax", None),
    ("bytes that are not UTF-8", with_field("country", '"DE"') + b"\xff", 400, "not-utf8", None),
    ("UTF-16 with a mark", GOOD.decode().encode("utf-16"), 415, "charset", None),
    ("UTF-16 without a mark", GOOD.decode().encode("utf-16-le"), 415, "charset", None),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "json-bom", None),
    ("nothing", b"", 400, "empty-body", None),
    ("blanks", b" \r\n\t ", 400, "empty-body", None),
    ("null", b"null", 422, "object-expected", "#"),
    ("a list", b"[]", 422, "object-expected", "#"),
    ("a text", b'"x"', 422, "object-expected", "#"),
    ("a number", b"1", 422, "object-expected", "#"),
    ("a truncated object", GOOD[:-4], 400, "json-syntax", None),
    ("a trailing comma", GOOD[:-1] + b",}", 400, "json-syntax", None),
    ("trailing text", GOOD + b" x", 400, "json-syntax", None),
    ("two objects", GOOD + GOOD, 400, "json-syntax", None),
    ("single quotes", b"{'email': 'a@b.com'}", 400, "json-syntax", None),
    ("17 levels", with_field("budget", "[" * 16 + "]" * 16), 400, "json-too-deep", None),
    ("60,000 brackets", b"[" * 60_000, 400, "json-too-deep", None),
    ("60,000 brackets of objects", b'{"a":' * 10_000, 400, "json-too-deep", None),
    ("1,001 keys", json.dumps({f"k{n}": 1 for n in range(1001)}).encode(), 400, "json-too-many-keys", None),
    ("a body over the limit", with_field("message", '"' + "x" * LARGEST_BODY + '"'), 413, "body-too-large", None),
    ("a key over the limit", with_field("k" * LARGEST_BODY, "1"), 413, "body-too-large", None),
    ("30 digits", with_field("budget", "9" * 30), 422, "out-of-range", "#/budget"),
    ("one more than 64 bits hold", with_field("budget", "9223372036854775808"), 422, "out-of-range", "#/budget"),
    ("5,000 digits", with_field("budget", "9" * 5000), 400, "json-number-too-long", "#/budget"),
    ("5,000 decimals", with_field("budget", "0." + "9" * 5000), 400, "json-number-too-long", "#/budget"),
    ("a subnormal number", with_field("budget", "1e-320"), 422, "out-of-range", "#/budget"),
    ("a number that would become zero", with_field("budget", "1e-400"), 422, "out-of-range", "#/budget"),
    ("true for a number", with_field("budget", "true"), 422, "type", "#/budget"),
    ("a text for a number", with_field("budget", '"12"'), 422, "type", "#/budget"),
    ("1 for a flag", with_field("demo_requested", "1"), 422, "type", "#/demo_requested"),
    ("a number for a text", with_field("message", "1"), 422, "type", "#/message"),
    ("a list for a text", with_field("message", '["a"]'), 422, "type", "#/message"),
    ("yes for consent", with_field("mail_allowed", '"yes"'), 422, "consent-format", "#/mail_allowed"),
    ("no e-mail", b'{"country": "DE"}', 422, "required", "#/email"),
    ("an empty e-mail", b'{"email": ""}', 422, "required", "#/email"),
    ("only spaces", b'{"email": "  "}', 422, "required", "#/email"),
    ("null for the e-mail", b'{"email": null}', 422, "required", "#/email"),
    ("two @", b'{"email": "a@b@example.com"}', 422, "email-format", "#/email"),
    ("no top-level domain", b'{"email": "a@b"}', 422, "email-format", "#/email"),
    ("a long message", with_field("message", '"' + "x" * 10_001 + '"'), 422, "too-long", "#/message"),
    ("a long name", with_field("country", '"' + "x" * 30_000 + '"'), 422, "too-long", "#/country"),
    ("a field that is not asked", with_field("is_admin", "true"), 422, "unknown-field", "#/is_admin"),
    ("a score of one's own", with_field("score", "1"), 422, "unknown-field", "#/score"),
    ("a JavaScript trap", with_field("__proto__", "{}"), 422, "unknown-field", "#/__proto__"),
    ("a name of the program", with_field("_arrived", '"2026-01-01"'), 422, "unknown-field", "#/_arrived"),
    ("a long unknown key", with_field("k" * 5000, "1"), 422, "unknown-field", "#"),
    ("a key with umlauts", with_field("gr\u00f6\u00dfe", "1"), 422, "unknown-field", "#/gr%C3%B6%C3%9Fe"),
    ("a day that does not exist", with_field("start_on", '"2026-02-30"'), 422, "date-format", "#/start_on"),
]
BAD_HEADERS = [
    ("no type", {}, 415, "media-type"),
    ("plain text", {"Content-Type": "text/plain"}, 415, "media-type"),
    ("a file upload", {"Content-Type": "multipart/form-data; boundary=x"}, 415, "media-type"),
    ("Latin-1", {"Content-Type": "application/json; charset=latin-1"}, 415, "charset"),
    ("UTF-16", {"Content-Type": 'application/json;charset="UTF-16"'}, 415, "charset"),
    ("gzip", {"Content-Type": JSON, "Content-Encoding": "gzip"}, 415, "encoding"),
]
GOOD_BODIES = [
    ("tabs and line ends in a text", with_field("message", '"\\ta\\r\\nb"')),
    ("markup and SQL", with_field("message", '"\'; DROP TABLE leads; -- {{7*7}} <script>"')),
    ("a formula", with_field("message", '"=HYPERLINK(1)"')),
    ("letters of many scripts", with_field("country", '"Österreich"')),
    ("a whole surrogate pair", with_field("message", '"\\ud83d\\ude00"')),
    ("minus zero", with_field("budget", "-0.0")),
    ("null for what is not known", with_field("budget", "null")),
    ("an unknown level", with_field("industry", '"Wizardry"')),
    ("brackets inside a text", with_field("message", '"' + "[{" * 200 + '"')),
    ("white space around", b"\n " + GOOD + b" \n"),
]


def checked(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"].rsplit("/", 1)[-1] == code, body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("rq_")
    assert SECRET_WORD not in answer.text
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"), [row[1:] for row in BAD_BODIES], ids=[row[0] for row in BAD_BODIES]
)
def test_a_bad_body_is_answered_with_its_code_and_place(
    service: Any, body: bytes, status: int, code: str, pointer: str | None
) -> None:
    answer = service.call("POST", "/v1/leads", service.secret, {"Content-Type": JSON}, content=body)
    told = checked(answer, status, code)
    assert [place["pointer"] for place in told.get("errors", [])][:1] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize(
    ("headers", "status", "code"), [row[1:] for row in BAD_HEADERS], ids=[row[0] for row in BAD_HEADERS]
)
def test_a_body_of_another_kind_is_not_read(service: Any, headers: dict[str, str], status: int, code: str) -> None:
    checked(service.call("POST", "/v1/leads", service.secret, headers, content=GOOD), status, code)


@pytest.mark.parametrize("body", [row[1] for row in GOOD_BODIES], ids=[row[0] for row in GOOD_BODIES])
@pytest.mark.parametrize("content_type", [JSON, 'Application/JSON; charset="UTF-8"'])
def test_unusual_but_honest_forms_are_accepted(service: Any, body: bytes, content_type: str) -> None:
    answer = service.call("POST", "/v1/leads", service.secret, {"Content-Type": content_type}, content=body)
    assert answer.status_code == 201, answer.text


def test_all_that_is_wrong_is_told_at_once(service: Any) -> None:
    answer = service.send({"budget": "12", "country": 1, "x": 1})
    told = checked(answer, 422, "required")
    assert [(place["pointer"], place["code"]) for place in told["errors"]] == [
        ("#/email", "required"),
        ("#/country", "type"),
        ("#/budget", "type"),
        ("#/x", "unknown-field"),
    ]
    assert "3 more" in told["detail"]


def test_a_bad_form_leaves_nothing_in_the_ledger(served: Any) -> None:
    running = served()
    before = (running.home / "accord.db-wal").stat().st_size
    assert running.send({"email": "jane@example.com", "x": 1}).status_code == 422
    assert (running.home / "accord.db-wal").stat().st_size == before


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/v1/leads", 405, "method", "POST"),
        ("DELETE", "/v1/form", 405, "method", "GET"),
        ("GET", "/nothing", 404, "not-found", None),
        ("GET", "/v1/leads/", 404, "not-found", None),
        ("POST", "//v1/leads", 404, "not-found", None),
        ("GET", "/%2e%2e/etc/passwd", 404, "not-found", None),
    ],
)
def test_a_wrong_address_is_a_problem_too(
    service: Any, method: str, path: str, status: int, code: str, allow: str | None
) -> None:
    answer = service.call(method, path, service.secret)
    checked(answer, status, code)
    assert answer.headers.get("Allow") == allow


@pytest.mark.parametrize(
    ("sent", "meant"), [("budgt", "budget"), ("E-Mail", "email"), ("Start on", "start_on"), ("zzz", None)]
)
def test_a_mistyped_field_is_told_with_its_nearest_neighbour(service: Any, sent: str, meant: str | None) -> None:
    told = checked(service.send({"email": "jane@example.com", sent: SECRET_WORD}), 422, "unknown-field")
    assert ("did you mean" in told["detail"]) is (meant is not None)
    assert f"did you mean {meant}?" in told["detail"] or meant is None
    assert "GET /v1/form" in told["detail"]


NAMES = [
    ("Lead Source", "Lead Source", "#/Lead%20Source"),
    ("größe", "größe", "#/gr%C3%B6%C3%9Fe"),
    ("a;b/c", "a;b/c", "#/a%3Bb~1c"),
    ("\u202eevil", "?evil", "#/%E2%80%AEevil"),
    ("k" * 61, "k" * 59 + "…", "#/" + "k" * 61),
    ("k" * 5000, "k" * 59 + "…", "#"),
]


@pytest.mark.parametrize(("sent", "shown", "pointer"), NAMES, ids=["blank", "umlaut", "marks", "bidi", "61", "5,000"])
def test_an_unknown_field_is_named_as_it_was_sent(service: Any, sent: str, shown: str, pointer: str) -> None:
    told = checked(service.send({"email": "jane@example.com", sent: SECRET_WORD}), 422, "unknown-field")
    assert told["detail"].startswith(f"{shown} is not a field of this form; ")
    assert told["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("body", "quotes"),
    [
        ("{'email': 1}", True),
        ("{email: 1}", True),
        ('{"email": jane}', True),
        ('{"email": \u201cjane\u201d}', True),
        ('{"email": 1,}', False),
        ('{"email": ', False),
        ('{"email": 1} x', False),
    ],
)
def test_missing_double_quotes_are_told(service: Any, body: str, quotes: bool) -> None:
    answer = service.call("POST", "/v1/leads", service.secret, {"Content-Type": JSON}, content=body.encode())
    told = checked(answer, 400, "json-syntax")
    assert ("names and texts need double quotes" in told["detail"]) is quotes


def test_a_wrong_method_is_told_with_the_right_ones(service: Any) -> None:
    assert service.call("GET", "/v1/leads", service.secret).json()["detail"] == "Use POST here."
    several = service.call("PUT", "/v1/endpoints", service.secret)
    assert (several.headers["Allow"], several.json()["detail"]) == ("GET, POST", "Use GET or POST here.")


def test_many_unknown_fields_are_told_quickly(service: Any) -> None:
    sent = {f"field_{number}": 1 for number in range(900)}
    told = checked(service.send({"email": "jane@example.com"} | sent), 422, "unknown-field")
    assert len(told["errors"]) == 900


ACCEPTED = ["*/*", "application/json", "application/*", "text/html", "application/problem+json;q=0.1, image/png", ""]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_json_and_html_can_be_answered(service: Any, accept: str) -> None:
    answer = service.call("GET", "/v1/form", service.secret, {"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert checked(service.call("GET", "/v1/leads/ld_1", service.secret, {"Accept": accept}), 404, "not-found")


@pytest.mark.parametrize("accept", ["image/png", "text/csv", "application/json;q=0", "*/*;q=0.0, application/xml"])
def test_what_cannot_be_answered_is_told(service: Any, accept: str) -> None:
    checked(service.call("GET", "/v1/form", service.secret, {"Accept": accept}), 406, "not-acceptable")
    assert service.call("GET", "/healthz", None, {"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"X-Long": "x" * 32_768}, {f"X-{number}": "1" for number in range(101)}],
    ids=["32 kB", "more than 100"],
)
def test_too_many_headers_are_refused_before_the_key_is_looked_at(service: Any, headers: dict[str, str]) -> None:
    answer = service.call("GET", "/v1/form", "sk_0", headers)
    checked(answer, 431, "headers-too-large")
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    "path", ["//v1/form", "/v1//form", "/v1/%2e%2e/v1/form", "/v1/leads/%2e%2e", "/v1/leads/..%2fform", "/%2e%2e/etc"]
)
def test_crooked_paths_lead_nowhere(service: Any, path: str) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.secret}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000],
    ids=["null in a header", "no HTTP", "endless header"],
)
def test_what_is_not_http_is_told_so_and_cut_off(service: Any, head: bytes) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/http-syntax" in answer


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + HIDDEN),
        ("Transfer-Encoding: chunked\r\nContent-Length: 300\r\n", b"0\r\n\r\n" + HIDDEN),
        ("Content-Length: 10\r\n", b'{"email": "jane@example.com"}' + HIDDEN),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", b"12345" + HIDDEN),
        ("Content-Length: -1\r\n", HIDDEN),
    ],
    ids=["length before chunks", "chunks before length", "too short", "two lengths", "negative"],
)
def test_no_second_request_is_read_out_of_a_body_of_unclear_length(service: Any, head: str, body: bytes) -> None:
    answer = raw(service, head, iter([body]))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'{"status":"ok"}' not in answer


def test_a_body_shorter_than_announced_stores_nothing(service: Any) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        head = f"POST /v1/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.secret}\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 90\r\n\r\n".encode())
        connection.sendall(b'{"email": "jane@example.com"}')
        connection.shutdown(socket.SHUT_WR)
        assert b" 201 " not in received(connection)


def raw(service: Any, head: str, body: Iterator[bytes]) -> bytes:
    """What the server answers to bytes that no proper client would send."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        start = f"POST /v1/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.secret}\r\n"
        connection.sendall(f"{start}Content-Type: application/json\r\n{head}\r\n".encode())
        try:
            for piece in body:
                connection.sendall(piece)
        except OSError:  # the server has closed its end
            pass
        return received(connection)


def received(connection: socket.socket) -> bytes:
    """All that comes until the server closes its end."""
    answer = b""
    try:
        while piece := connection.recv(65_536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


def test_an_announced_length_over_the_limit_is_answered_before_the_body_is_sent(service: Any) -> None:
    answer = raw(service, f"Content-Length: {LARGEST_BODY + 1}\r\n", iter(()))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body-too-large" in answer


def test_an_endless_body_is_cut_off(service: Any) -> None:
    pieces = (b"%x\r\n" % 8192 + b"x" * 8192 + b"\r\n" for _ in range(6_400))
    begun = time.monotonic()
    answer = raw(service, "Transfer-Encoding: chunked\r\n", pieces)
    assert answer.startswith(b"HTTP/1.1 413 ") or answer == b""
    assert time.monotonic() - begun < 8


def test_a_body_at_the_limit_is_read(service: Any) -> None:
    body = b'{"email": "jane@example.com"}'
    body += b" " * (LARGEST_BODY - len(body))
    answer = service.call("POST", "/v1/leads", service.secret, {"Content-Type": JSON}, content=body)
    assert answer.status_code == 201


def test_deep_json_is_refused_quickly() -> None:
    begun = time.process_time()
    with pytest.raises(Problem, match="json-too-deep"):
        object_of(b"[" * LARGEST_BODY)
    assert time.process_time() - begun < 0.005


def test_the_place_of_a_byte_that_is_not_utf8_is_told() -> None:
    with pytest.raises(Problem) as caught:
        object_of(b'{"a": "\xe4"}')
    assert "byte 7" in caught.value.detail


def test_every_problem_has_an_error_status_and_a_title() -> None:
    assert all(400 <= kind.status < 600 and kind.title for kind in KINDS.values())

"""Every row of the table of bad input, with its exact status, code and place. A test's id begins with its row.

Rows 58-65 stand in test_outcomes.py, rows 66-70 in test_inbound.py, rows 75-79 in test_imports.py, and rows 81 and 82
in tests/training/test_promotion.py: models are promoted by a command, by number. Row 34's prefix belongs to exports of
tables."""

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
import pytest

from benchmarks.fuzz import ALL_KINDS
from benchmarks.reliability.workplace import Workplace, laid_out, serving
from leads.ledger import create_key, open_ledger, revoke_key
from serving.edge.json_body import LARGEST_BODY, MOST_KEYS
from serving.problems import KINDS

PAGE = "https://www.example.com"
SECRET_WORD = "Canary-Person"
JSON = "application/json"
VISITORS = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in count(1))
NOW = datetime.now(UTC)
PRIVACY = """
[privacy]
profiling_consent = "mail_allowed"
mail_consent = "mail_allowed"
[form.fields.email]"""


class Place(NamedTuple):
    """A service behind a proxy, so that each call can come from a visitor of its own and none meets its limit."""

    workplace: Workplace
    bound: str
    client: httpx2.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.workplace.port}"

    def call(
        self, method: str, path: str, key: str | None = None, headers: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx2.Response:
        sent = {"X-Forwarded-For": next(VISITORS)} | ({"Authorization": f"Bearer {key}"} if key else {})
        return self.client.request(method, self.url + path, headers=sent | dict(headers or {}), **more)

    def send(self, form: Mapping[str, Any], key: str | None = None, **headers: str) -> httpx2.Response:
        return self.call("POST", "/v1/leads", key or self.workplace.secret, headers, json=form)

    def post(self, body: bytes, content_type: str | None = JSON, **headers: str) -> httpx2.Response:
        typed = {} if content_type is None else {"Content-Type": content_type}
        return self.call("POST", "/v1/leads", self.workplace.secret, typed | headers, content=body)

    def story(self, lead: str) -> dict[str, Any]:
        told: dict[str, Any] = self.call("GET", f"/v1/leads/{lead}", self.workplace.secret).json()
        return told

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.workplace.home / "accord.db")
        found = connection.execute(query, values).fetchall()
        connection.close()
        return found

    def marks(self, answer: httpx2.Response) -> list[str]:
        [(told,)] = self.rows("SELECT marks FROM submissions WHERE lead = ?", answer.json()["lead"])
        found: list[str] = json.loads(told)
        return found


def placed(home: Path, agreement: str = ALL_KINDS) -> Iterator[Place]:
    workplace = laid_out(home, agreement=agreement, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
    ledger = open_ledger(workplace.database)
    bound = create_key(ledger, "pk", [PAGE], rate="1000000/minute")
    ledger.close()
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Place(workplace, bound, client)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from placed(tmp_path_factory.mktemp("place") / "home")


def told(answer: httpx2.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"], body["title"]) == (f"/problems/{code}", status, KINDS[code].title)
    assert body["detail"]
    assert body["instance"] == answer.headers["Request-Id"]
    assert [one["pointer"] for one in body.get("errors", [])][:1] == ([] if pointer is None else [pointer])
    assert SECRET_WORD not in answer.text
    return body


def field(key: str, literal: str) -> bytes:
    return f'{{"email": "jane@example.com", "name": "{SECRET_WORD}", "{key}": {literal}}}'.encode()


def text(key: str, value: str) -> bytes:
    return field(key, json.dumps(value))


GOOD = field("country", '"DE"')
BODIES: list[tuple[str, bytes, int, str, str | None]] = [
    ("1 NaN", field("budget", "NaN"), 400, "json-not-finite", "#/budget"),
    ("2 Infinity", field("budget", "Infinity"), 400, "json-not-finite", "#/budget"),
    ("2 minus Infinity", field("budget", "-Infinity"), 400, "json-not-finite", "#/budget"),
    ("3 1e400", field("budget", "1e400"), 400, "json-not-finite", "#/budget"),
    ("4 a key twice", field("email", '"b@example.com"'), 400, "json-duplicate-key", "#/email"),
    ("5 half a surrogate pair", field("message", '"\\ud800"'), 400, "json-bad-unicode", "#/message"),
    ("6 null character", field("message", '"a\\u0000b"'), 422, "control-character", "#/message"),
    ("7 C0", field("company", '"a\\u0001b"'), 422, "control-character", "#/company"),
    ("7 C1", field("company", '"a\\u009bb"'), 422, "control-character", "#/company"),
    ("9 UTF-16", GOOD.decode().encode("utf-16"), 415, "charset", None),
    ("10 byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "json-bom", None),
    ("11 nothing", b"", 400, "empty-body", None),
    ("11 blanks", b" \n\t\r ", 400, "empty-body", None),
    ("12 null", b"null", 422, "object-expected", "#"),
    ("12 a list", b"[]", 422, "object-expected", "#"),
    ("12 a text", b'"x"', 422, "object-expected", "#"),
    ("12 a number", b"1", 422, "object-expected", "#"),
    ("14 17 levels", field("budget", "[" * 16 + "]" * 16), 400, "json-too-deep", None),
    ("14 60,000 brackets", b"[" * 60_000, 400, "json-too-deep", None),
    ("14 100,000 brackets are too long a body", b"[" * 100_000, 413, "body-too-large", None),
    ("15 1,001 keys", json.dumps({f"k{n}": 1 for n in range(MOST_KEYS + 1)}).encode(), 400, "json-too-many-keys", None),
    ("15 a key of 1 MB", field("k" * 1_000_000, "1"), 413, "body-too-large", None),
    ("16 one byte too many", GOOD + b" " * (LARGEST_BODY + 1 - len(GOOD)), 413, "body-too-large", None),
    ("21 30 digits", field("budget", "9" * 30), 422, "out-of-range", "#/budget"),
    ("21 more than 64 bits", field("budget", str(2**63)), 422, "out-of-range", "#/budget"),
    ("22 5,000 digits", field("budget", "9" * 5_000), 400, "json-number-too-long", "#/budget"),
    ("22 401 digits", field("budget", "9" * 401), 400, "json-number-too-long", "#/budget"),
    ("23 true for a number", field("employees", "true"), 422, "type", "#/employees"),
    ("23 a text for a number", field("employees", '"12"'), 422, "type", "#/employees"),
    ("23 1 for a flag", field("demo_requested", "1"), 422, "type", "#/demo_requested"),
    ("24 above the range", field("employees", "1000000000000001"), 422, "out-of-range", "#/employees"),
    ("24 below the range", field("employees", "-1e16"), 422, "out-of-range", "#/employees"),
    ("24 denormal", field("employees", "1e-320"), 422, "out-of-range", "#/employees"),
    ("25 no e-mail", b"{}", 422, "required", "#/email"),
    ("25 an empty e-mail", b'{"email": ""}', 422, "required", "#/email"),
    ("25 only spaces", b'{"email": "   "}', 422, "required", "#/email"),
    ("26 255 characters", json.dumps({"email": "a@" + "b." * 125 + "com"}).encode(), 422, "email-format", "#/email"),
    ("26 two @", b'{"email": "a@b@example.com"}', 422, "email-format", "#/email"),
    ("26 quoted local part", b'{"email": "\\"a b\\"@example.com"}', 422, "email-format", "#/email"),
    ("26 no top-level domain", b'{"email": "a@b"}', 422, "email-format", "#/email"),
    ("30 a long message", text("message", "x" * 10_001), 422, "too-long", "#/message"),
    ("30 a long name", text("name2", "x").replace(b"Canary-Person", b"x" * 501), 422, "too-long", "#/name"),
    ("30 a name of 100 kB", text("message", "x" * 100_000), 413, "body-too-large", None),
    ("31 is_admin", field("is_admin", "true"), 422, "unknown-field", "#/is_admin"),
    ("31 score", field("score", "1"), 422, "unknown-field", "#/score"),
    ("31 route", field("route", '"sales"'), 422, "unknown-field", "#/route"),
    ("31 __proto__", field("__proto__", "{}"), 422, "unknown-field", "#/__proto__"),
    ("38 yes for consent", field("mail_allowed", '"yes"'), 422, "consent-format", "#/mail_allowed"),
    ("38 a dated consent", field("mail_allowed", '"2999-01-01"'), 422, "consent-format", "#/mail_allowed"),
    ("40 a zone", field("time_zone", '"../../etc/passwd"'), 422, "unknown-field", "#/time_zone"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_a_bad_body(place: Place, body: bytes, status: int, code: str, pointer: str | None) -> None:
    told(place.post(body), status, code, pointer)


def test_8_bytes_that_are_not_utf8_are_counted(place: Place) -> None:
    body = told(place.post(b'{"email": "\xe4"}'), 400, "not-utf8")
    assert "byte 11 " in body["detail"]


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [(GOOD[:-5], 1, None), (b'{"email": "a@b.com",\n}', 2, 1), (GOOD + b" x", 1, len(GOOD) + 2)],
    ids=["13 truncated", "13 a trailing comma", "13 trailing text"],
)
def test_what_is_not_json_is_told_by_line_and_column(place: Place, body: bytes, line: int, column: int | None) -> None:
    detail = told(place.post(body), 400, "json-syntax")["detail"]
    assert f"line {line}, column {column or ''}" in detail


@pytest.mark.parametrize(
    ("content_type", "headers", "code"),
    [
        ("application/json; charset=latin-1", {}, "charset"),
        ("text/plain", {}, "media-type"),
        (None, {}, "media-type"),
        ("multipart/form-data; boundary=x", {}, "media-type"),
        (JSON, {"Content-Encoding": "gzip"}, "encoding"),
    ],
    ids=["9 latin-1", "20 text/plain", "20 no type", "20 multipart", "19 gzip"],
)
def test_a_body_of_another_kind(place: Place, content_type: str | None, headers: dict[str, str], code: str) -> None:
    told(place.post(GOOD, content_type, **headers), 415, code)


def test_20_a_multipart_form_with_its_key_in_its_body(place: Place) -> None:
    parts = {"_key": (None, place.workplace.public), "email": (None, "jane@example.com")}
    answer = place.call("POST", "/v1/leads", files=parts)
    assert answer.request.headers["Content-Type"].startswith("multipart/form-data")
    assert "application/x-www-form-urlencoded" in told(answer, 415, "media-type")["detail"]


@pytest.mark.parametrize(
    ("key", "literal", "stored"),
    [
        ("employees", "2147483648", 2_147_483_648),
        ("employees", "12.7", 12.7),
        ("employees", "-3", -3),
        ("employees", "1000000000", 1_000_000_000),
        ("industry", '"Wizardry"', "Wizardry"),
        ("message", json.dumps("'; DROP TABLE leads; -- {{7*7}} <script>alert(1)</script>"), None),
        ("message", json.dumps('=HYPERLINK("http://x")'), None),
        ("message", json.dumps("@x\tTAB first"), None),
        ("name", json.dumps("two\r\nlines"), None),
        ("name", json.dumps("Zoe\u0301"), None),
        ("name", json.dumps("Zoé"), None),
        ("company", json.dumps("ﬁrma ２０２６"), None),
    ],
    ids=[
        "21 more than 32 bits",
        "23 decimals",
        "24 negative",
        "24 10^9",
        "32 an unknown level",
        "33 SQL and markup",
        "34 a formula",
        "34 an @ and a tab",
        "35 line ends",
        "28 NFD",
        "28 NFC",
        "28 ligature and wide digits",
    ],
)
def test_what_is_odd_but_honest_is_kept_as_it_was_sent(place: Place, key: str, literal: str, stored: object) -> None:
    answer = place.post(f'{{"email": "honest@example.com", "{key}": {literal}}}'.encode())
    assert answer.status_code == 201, answer.text
    form = place.story(answer.json()["lead"])["submissions"][-1]["form"]
    assert form[key] == (json.loads(literal) if stored is None else stored)


def test_24_minus_zero_is_zero(place: Place) -> None:
    answer = place.post(b'{"email": "zero@example.com", "employees": -0.0}')
    form = place.story(answer.json()["lead"])["submissions"][-1]["form"]
    assert str(form["employees"]).lstrip("-") == str(form["employees"])


def test_7_what_cannot_be_seen_is_left_out_and_marked(place: Place) -> None:
    answer = place.post(text("company", "A\u202eB\u200bC").replace(b"jane@", b"hidden@"))
    assert answer.status_code == 201
    assert "sanitised" in place.marks(answer)


def test_23_a_plain_form_posts_texts_that_are_read_as_a_table_would_be(place: Place) -> None:
    body = f"_key={place.workplace.public}&email=plain%40example.com&budget=1.234,50&demo_requested=on".encode()
    answer = place.call("POST", "/v1/leads", None, {"Content-Type": "application/x-www-form-urlencoded"}, content=body)
    assert answer.status_code == 201, answer.text
    form = place.story(answer.json()["lead"])["submissions"][-1]["form"]
    assert (form["budget"], form["demo_requested"]) == (1234.5, True)


def test_27_a_look_alike_domain_is_another_person(place: Place) -> None:
    real = place.send({"email": "tim@apple.com"})
    fake = place.send({"email": "tim@\u0430pple.com"})
    assert (real.status_code, fake.status_code) == (201, 201)
    assert real.json()["lead"] != fake.json()["lead"]
    assert "confusable" in place.marks(fake)
    assert "confusable" not in place.marks(real)


def test_29_variants_of_an_address_are_one_person(place: Place) -> None:
    variants = ["mary.p@gmail.com", "MaryP@GMail.com", "maryp+news@gmail.com", "mary.p@googlemail.com"]
    assert len({place.send({"email": one}).json()["lead"] for one in variants}) == 1


def test_30_the_limit_is_told(place: Place) -> None:
    body = told(place.post(text("message", "x" * 10_001)), 422, "too-long", "#/message")
    assert "10,000" in body["errors"][0]["detail"]


@pytest.mark.parametrize(
    "added",
    [{"_website": "https://spam.example"}, {"_opened_at": datetime.now(UTC).isoformat()}],
    ids=["36 honeypot", "36 too fast"],
)
def test_bots_get_the_same_answer_and_wait_in_quarantine(place: Place, added: dict[str, str]) -> None:
    links = " ".join(f"http://spam.example/{number}" for number in range(3))
    form = {"email": f"bot{min(added)}@example.com", "message": links}
    if "_opened_at" in added:
        added = {"_opened_at": datetime.now(UTC).isoformat()}
    answer = place.send(form | added, place.workplace.public)
    assert (answer.status_code, list(answer.json())) == (201, ["lead", "next"])
    assert place.marks(answer)
    if "_website" in added:
        assert [one["route"] for one in place.story(answer.json()["lead"])["decisions"]] == ["quarantine"]


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    agreement = ALL_KINDS.replace("[form.fields.email]", PRIVACY.strip())
    yield from placed(tmp_path_factory.mktemp("careful") / "home", agreement)


def test_37_without_consent_the_written_points_score_and_nobody_is_mailed(careful: Place) -> None:
    silent = careful.send({"email": "a@example.com"}).json()
    asked = careful.send({"email": "b@example.com", "mail_allowed": True}).json()
    assert (silent["scored_by"], silent["route"]) == ("scorecard", "review")
    assert asked["route"] == "nurture"


@pytest.mark.parametrize(
    "moment",
    [
        (NOW + timedelta(hours=1)).isoformat(),
        (NOW - timedelta(days=3660)).isoformat(),
        "2026-11-22T09:00:00",
        "10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-29T02:30:00 Europe/Berlin",
        "yesterday",
    ],
    ids=[
        "39 an hour ahead",
        "39 ten years old",
        "39 no zone",
        "39 year 10000",
        "39 no such day",
        "39 in a gap of summer time",
        "39 words",
    ],
)
def test_a_time_that_cannot_be_right(place: Place, moment: str) -> None:
    told(place.send({"email": "t@example.com", "_submitted_at": moment}), 422, "timestamp", "#/_submitted_at")


def test_39_a_clock_four_minutes_ahead_counts_as_now(place: Place) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    answer = place.send({"email": "ahead@example.com", "_submitted_at": ahead})
    assert answer.status_code == 201
    lead = answer.json()["lead"]
    [(sent, received)] = place.rows("SELECT submitted_at, received_at FROM submissions WHERE lead = ?", lead)
    assert sent <= received


def test_41_without_a_key_of_its_own_a_sending_is_known_by_its_page_and_content(place: Place) -> None:
    form = {"email": "twice@example.com", "_opened_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}
    first, second = place.send(form), place.send(form)
    assert (first.status_code, first.json(), second.headers["Idempotency-Replayed"]) == (201, second.json(), "true")
    bare = [place.send({"email": "bare@example.com"}) for _ in range(2)]
    assert bare[0].json()["decision"] != bare[1].json()["decision"]


@pytest.mark.parametrize(
    "keys",
    [[b""], [b"x" * 256], ["schlüssel".encode()], [b"one", b"two"]],
    ids=["42 empty", "42 256 characters", "42 not ASCII", "42 two headers"],
)
def test_an_idempotency_key_that_cannot_be_used(place: Place, keys: list[bytes]) -> None:
    headers = [(b"Authorization", f"Bearer {place.workplace.secret}".encode())]
    headers += [(b"Idempotency-Key", key) for key in keys]
    answer = httpx2.post(place.url + "/v1/leads", headers=headers, json={"email": "k@example.com"}, timeout=20)
    told(answer, 400, "idempotency-key")


def test_43_44_46_a_sending_is_known_by_its_key_and_whose_it_is(place: Place) -> None:
    named = {"Idempotency-Key": "row-43"}
    first = place.send({"email": "same@example.com"}, **named)
    again = place.send({"email": "same@example.com"}, **named)
    assert (again.status_code, again.content, again.headers["Idempotency-Replayed"]) == (201, first.content, "true")
    told(place.send({"email": "other@example.com"}, **named), 422, "idempotency-mismatch")
    elsewhere = place.send({"email": "other@example.com"}, place.workplace.public, **named)
    assert (elsewhere.status_code, "Idempotency-Replayed" in elsewhere.headers) == (201, False)


def test_45_a_sending_that_is_being_stored(place: Place) -> None:
    holder = sqlite3.connect(place.workplace.home / "accord.db", isolation_level=None, timeout=10)
    holder.execute("BEGIN IMMEDIATE")
    answers: list[httpx2.Response] = []

    def send() -> None:
        answers.append(place.send({"email": "slow@example.com"}, **{"Idempotency-Key": "row-45"}))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not answers:
        threads[0].join(0.01)
    holder.execute("ROLLBACK")
    holder.close()
    for thread in threads:
        thread.join()
    told(answers[0], 409, "idempotency-in-progress")
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[1].status_code == 201


def test_47_all_bad_keys_are_answered_alike(place: Place) -> None:
    told(place.call("POST", "/v1/leads"), 401, "key-missing")
    ledger = open_ledger(place.workplace.database)
    revoked, expired = create_key(ledger, "pk"), create_key(ledger, "pk", expires_at=NOW - timedelta(days=1))
    revoke_key(ledger, revoked)
    ledger.close()
    bodies = [
        told(place.call("POST", "/v1/leads", key), 401, "key-invalid") | {"instance": ""}
        for key in (revoked, expired, "pk_" + "0" * 64, "x")
    ]
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize("path", ["/v1/leads/ld_1", "/v1/decisions/dc_1"], ids=["48 a lead", "48 a decision"])
def test_a_publishable_key_reads_nothing(place: Place, path: str) -> None:
    told(place.call("GET", path, place.workplace.public), 403, "scope")


def test_49_a_key_in_the_url_is_told_to_be_leaked(place: Place) -> None:
    answer = place.call("POST", f"/v1/leads?key={place.workplace.public}", place.workplace.public)
    assert "revoke" in told(answer, 400, "key-in-url")["detail"]
    assert place.workplace.public not in answer.text


@pytest.mark.parametrize(
    "sent",
    [None, "null", PAGE + ".evil.io", "http://www.example.com", "https://evil.io"],
    ids=["50 none", "50 null", "50 a longer name", "50 without TLS", "50 another"],
)
def test_a_page_that_the_key_was_not_made_for(place: Place, sent: str | None) -> None:
    headers = {} if sent is None else {"Origin": sent}
    told(place.call("POST", "/v1/leads", place.bound, headers, json={"email": "o@example.com"}), 403, "origin")


def test_50_a_page_that_no_key_was_made_for_may_not_read_the_answer(service: Any) -> None:
    answer = service.call("POST", "/v1/leads", service.public, {"Origin": PAGE + ".evil.io"}, json={})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("asked", ["POST", "DELETE", "BREW"], ids=["51 POST", "51 DELETE", "51 BREW"])
def test_a_preflight_is_answered_with_the_fixed_list(place: Place, asked: str) -> None:
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": asked,
        "Access-Control-Request-Headers": "x-evil, authorization",
    }
    answer = place.call("OPTIONS", "/v1/leads", None, headers)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert "x-evil" not in answer.headers["Access-Control-Allow-Headers"]


def test_52_over_the_rate_whatever_is_written_before_the_proxys_word(place: Place) -> None:
    ledger = open_ledger(place.workplace.database)
    key = create_key(ledger, "sk", rate="5/minute")
    ledger.close()
    answers = [place.send({"email": "r@example.com"}, key) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    told(answers[5], 429, "rate-limited")
    assert 1 <= int(answers[5].headers["Retry-After"]) <= 60
    spoofed = (
        place.call("GET", "/v1/form", place.workplace.public, {"X-Forwarded-For": f"{next(VISITORS)}, 203.0.113.7"})
        for _ in range(61)
    )
    assert [answer.status_code for answer in spoofed] == [200] * 60 + [429]


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/v1/leads", 405, "method", "POST"),
        ("DELETE", "/v1/decisions/dc_1", 405, "method", "GET"),
        ("GET", "/nothing", 404, "not-found", None),
        ("POST", "//v1/leads", 404, "not-found", None),
        ("GET", "/v1/%2e%2e/%2e%2e/etc/passwd", 404, "not-found", None),
    ],
    ids=["53 GET", "53 DELETE", "53 unknown", "53 two slashes", "53 dots"],
)
def test_a_wrong_address(place: Place, method: str, path: str, status: int, code: str, allow: str | None) -> None:
    answer = place.call(method, path, place.workplace.secret)
    told(answer, status, code)
    assert allow is None or allow in answer.headers["Allow"]


def test_54_problems_are_problems_whatever_is_accepted(place: Place) -> None:
    told(place.post(b"", Accept="text/html"), 400, "empty-body")
    told(place.post(GOOD, Accept="image/png"), 406, "not-acceptable")


@pytest.mark.parametrize(
    "lead",
    ["ld_01a200da-7534-7720-b091-3fb2cbe54eed", "01a200da-7534-7720-b091-3fb2cbe54eed", "1", "..%2f1", "x" * 2000],
    ids=["56 absent", "56 a bare UUID", "56 a number", "56 dots", "56 2,000 characters"],
)
def test_a_lead_that_is_not_there(place: Place, lead: str) -> None:
    answer = place.call("GET", f"/v1/leads/{lead}", place.workplace.secret)
    told(answer, 404, "not-found")


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1e9", "limit=abc", "after=forged", "sort=;drop"])
@pytest.mark.parametrize(
    "path", ["/v1/quarantine", "/v1/deliveries", "/v1/queue"], ids=["57 quarantine", "57 deliveries", "57 queue"]
)
def test_a_parameter_that_cannot_be_used(place: Place, path: str, query: str) -> None:
    answer = place.call("GET", f"{path}?{query}", place.workplace.secret)
    assert answer.status_code == 422, answer.text
    body, name = answer.json(), query.split("=")[0]
    assert body["type"] == "/problems/parameter"
    assert name in body["detail"] or "Only" in body["detail"]


URLS = [
    ("71 http", "http://crm.example.com", "url-scheme"),
    ("71 ftp", "ftp://crm.example.com", "url-scheme"),
    ("71 file", "file:///etc/passwd", "url-scheme"),
    ("71 a user", "https://user:pw@crm.example.com", "url-userinfo"),
    ("71 port 22", "https://crm.example.com:22", "url-port"),
    ("72 loopback", "https://127.0.0.1", "url-not-public"),
    ("72 short", "https://127.1", "url-not-public"),
    ("72 hexadecimal", "https://0x7f000001", "url-not-public"),
    ("72 decimal", "https://2130706433", "url-not-public"),
    ("72 IPv6", "https://[::1]", "url-not-public"),
    ("72 metadata", "https://169.254.169.254/latest", "url-not-public"),
    ("72 10/8", "https://10.1.2.3", "url-not-public"),
    ("72 100.64/10", "https://100.64.0.1", "url-not-public"),
    ("73 NAT64", "https://[64:ff9b::a9fe:a9fe]", "url-not-public"),
    ("73 6to4", "https://[2002:a9fe:a9fe::]", "url-not-public"),
    ("73 multicast", "https://224.0.0.1", "url-not-public"),
]


@pytest.mark.parametrize(("url", "code"), [row[1:] for row in URLS], ids=[row[0] for row in URLS])
def test_a_receiver_that_cannot_be(place: Place, url: str, code: str) -> None:
    answer = place.call("POST", "/v1/endpoints", place.workplace.secret, json={"url": url})
    told(answer, 422, code, "#/url")


def test_80_erasure_is_answered_alike_whoever_is_asked_for(place: Place) -> None:
    place.send({"email": "known@example.com"})
    known, again, unknown = (
        place.call("POST", "/v1/people/erase", place.workplace.secret, json={"person": email})
        for email in ("known@example.com", "known@example.com", "unknown@example.com")
    )
    assert (known.status_code, again.status_code, unknown.status_code) == (202, 202, 202)
    assert known.json() == again.json() == unknown.json()


def test_81_a_model_that_is_not_there_is_not_promoted(place: Place) -> None:
    done = place.workplace.accord("promote", "99")
    assert done.returncode == 2
    assert "There is no model 99" in done.stderr
    assert "Traceback" not in done.stderr


def raw(place: Place, head: bytes, *pieces: bytes) -> bytes:
    """What is answered to bytes that no proper client would send, until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", place.workplace.port), timeout=10) as connection:
        start = f"POST /v1/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {place.workplace.secret}\r\n"
        answer = b""
        try:
            connection.sendall(start.encode() + b"Content-Type: application/json\r\n" + head + b"\r\n")
            for piece in pieces:
                connection.sendall(piece)
            if pieces:
                connection.shutdown(socket.SHUT_WR)
        except OSError:  # the service has closed its end
            pass
        try:
            while received := connection.recv(65_536):
                answer += received
        except OSError:
            pass
    return answer


def test_16_a_length_over_the_limit_is_answered_before_the_body_is_read(place: Place) -> None:
    answer = raw(place, b"Content-Length: 65537\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body-too-large" in answer


def test_17_an_endless_body_is_cut_off(place: Place) -> None:
    piece = b"2000\r\n" + b"x" * 8192 + b"\r\n"
    answer = raw(place, b"Transfer-Encoding: chunked\r\n", *[piece] * 6_400)
    assert answer == b"" or (answer.startswith(b"HTTP/1.1 413 ") and b"body-too-large" in answer)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\n",
        b"Content-Length: 500\r\n",
        b"Content-Length: 40\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 28\r\nContent-Length: 5\r\n",
        b"Content-Length: -1\r\n",
    ],
    ids=["18 too short", "18 too long", "18 with chunks", "18 two lengths", "18 negative"],
)
def test_a_length_that_is_not_true_begins_no_second_request(place: Place, head: bytes) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(place, head, b'{"email": "l@example.com"}  ', hidden)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"status":"ok"}' not in answer


@pytest.mark.parametrize(
    ("head", "statuses", "code"),
    [
        (b"X-Long: " + b"x" * 32_000 + b"\r\n", (431,), b"headers-too-large"),
        (b"".join(b"X-%d: 1\r\n" % number for number in range(200)), (431,), b"headers-too-large"),
        (b"X-Null: a\0b\r\n", (400,), b"http-syntax"),
        (b"X-Escape: \x1b[31m\r\n", (400,), b"http-syntax"),
    ],
    ids=["55 32 kB", "55 200 headers", "55 null", "35 an escape character"],
)
def test_headers_that_nobody_needs(place: Place, head: bytes, statuses: tuple[int, ...], code: bytes) -> None:
    answer = raw(place, head + b"Content-Length: 2\r\n", b"{}")
    assert int(answer.split(b" ", 2)[1]) in statuses
    assert b"application/problem+json" in answer
    assert b"/problems/" + code in answer


def test_nothing_of_this_upset_the_service_or_reached_its_log(place: Place) -> None:
    logged = (place.workplace.home / "stderr").read_text()
    assert [line for line in logged.splitlines() if '"unexpected"' in line] == []
    assert all(word not in logged for word in (SECRET_WORD, quote(SECRET_WORD), "example.com", place.workplace.secret))
    assert all(json.loads(line)["event"] for line in logged.splitlines())

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from leads.ledger import create_key, open_ledger
from tests.serving.conftest import PAGE, Service, laid_out, start, stop

TYPE = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CANARY = "Canary-Person"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = start(laid_out(tmp_path_factory.mktemp("asked") / "home"))
    yield service
    stop(service)


@pytest.fixture(autouse=True)
def _key_of_its_own(asked: Service) -> None:
    """So that no test uses up what a client may send."""
    ledger = open_ledger(asked.database)
    asked.public = create_key(ledger, "pk", [PAGE])
    ledger.close()


def post(service: Service, fields: Any, accept: str = "*/*", **headers: str) -> httpx2.Response:
    pairs = [("_key", service.public), *(fields.items() if isinstance(fields, dict) else fields)]
    sent = {"Origin": PAGE, "Content-Type": TYPE, "Accept": accept} | headers
    return service.call("POST", "/v1/leads", None, sent, content=urlencode(pairs))


def stored(service: Service, lead: str) -> list[dict[str, Any]]:
    with sqlite3.connect(service.home / "accord.db") as connection:
        rows = connection.execute(
            "SELECT form, marks FROM submissions WHERE lead = ? ORDER BY received_at", (lead,)
        ).fetchall()
    connection.close()
    return [json.loads(form) | {"marks": json.loads(marks)} for form, marks in rows]


def kept(service: Service, fields: Any) -> dict[str, Any]:
    answer = post(service, fields)
    assert answer.status_code == 201, answer.text
    found = stored(service, answer.json()["lead"])[-1]
    found.pop("marks")
    return found


EMAIL = {"email": "jane@example.com"}


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("budget", "1234.5", 1234.5),
        ("budget", "1.234,50", 1234.5),
        ("budget", "1,234.50", 1234.5),
        ("budget", "€ 12 000", 12000.0),
        ("budget", "0,75", 0.75),
        ("demo_requested", "on", True),
        ("demo_requested", "No", False),
        ("mail_allowed", "yes", True),
        ("start_on", "2027-02-03", "2027-02-03"),
        ("start_on", "03.02.2027", "2027-02-03"),
        ("start_on", "2027/2/3", "2027-02-03"),
        ("message", "Zeile 1\r\nGrüße & <b>mehr</b>", "Zeile 1\r\nGrüße & <b>mehr</b>"),
        ("utm_source", "letter", "letter"),
    ],
)
def test_values_are_read_as_people_write_them(asked: Service, name: str, typed: str, read: object) -> None:
    assert kept(asked, EMAIL | {name: typed}) == EMAIL | {name: read}


def test_an_empty_field_is_not_given(asked: Service) -> None:
    blank = {"name": "", "budget": " ", "demo_requested": "", "start_on": "", "_redirect": "", "_opened_at": ""}
    assert kept(asked, EMAIL | blank) == EMAIL


@pytest.mark.parametrize(
    ("pair", "read"), [(("no", "yes"), True), (("true", "false"), True), (("0", "1"), True), (("0", "off"), False)]
)
def test_a_hidden_no_beside_its_box_is_a_yes_if_either_is(asked: Service, pair: tuple[str, str], read: bool) -> None:
    fields = [*EMAIL.items(), *(("mail_allowed", one) for one in pair)]
    assert kept(asked, fields)["mail_allowed"] is read


BAD = [
    ("a number of two readings", [("budget", "1,2345,678")], 422, "type", "#/budget"),
    ("an amount of two readings", [("budget", "1.234")], 422, "type", "#/budget"),
    ("a word for a number", [("budget", "plenty")], 422, "type", "#/budget"),
    ("a day of two readings", [("start_on", "01/02/2027")], 422, "date-format", "#/start_on"),
    ("a day that does not exist", [("start_on", "30.02.2027")], 422, "date-format", "#/start_on"),
    ("neither yes nor no", [("demo_requested", "perhaps")], 422, "type", "#/demo_requested"),
    ("neither yes nor no for consent", [("mail_allowed", "perhaps")], 422, "consent-format", "#/mail_allowed"),
    ("a field that is not asked", [("csrf", "1")], 422, "unknown-field", "#/csrf"),
    ("a control character", [("message", "a\x1bb")], 422, "control-character", "#/message"),
    ("a name given twice", [("message", "a"), ("message", "b")], 400, "json-duplicate-key", "#/message"),
    ("a yes and a no for a text", [("message", "yes"), ("message", "no")], 400, "json-duplicate-key", "#/message"),
    ("three boxes of one name", [("demo_requested", "1")] * 3, 400, "json-duplicate-key", "#/demo_requested"),
    ("an idempotency key that is none", [("_idempotency_key", "a b")], 400, "idempotency-key", None),
    ("1,001 fields", [(f"f{number}", "1") for number in range(1001)], 400, "json-too-many-keys", None),
    ("a long body", [("message", "x" * 70_000)], 413, "body-too-large", None),
]


@pytest.mark.parametrize(("more", "status", "code", "pointer"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_be_read_is_told_with_its_place(
    asked: Service, more: list[tuple[str, str]], status: int, code: str, pointer: str | None
) -> None:
    fields = [("email", "jane@example.com"), ("name", CANARY), *more]
    answer = post(asked, fields)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    told = answer.json()
    assert told["type"] == f"/problems/{code}"
    assert [place["pointer"] for place in told.get("errors", [])][:1] == ([pointer] if pointer else [])
    page = post(asked, fields, BROWSER)
    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    for text in (answer.text, page.text):
        assert CANARY not in text
        assert asked.public not in text


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_form(asked: Service) -> None:
    told = post(asked, {"start_on": "01/02/2027", "budget": "plenty", "x": "1"}).json()
    assert [place["pointer"] for place in told["errors"]] == ["#/email", "#/budget", "#/start_on", "#/x"]


@pytest.mark.parametrize("body", [b"email=%ff%fe", b"email=\xe4"])
def test_what_is_not_utf_8_is_refused(asked: Service, body: bytes) -> None:
    answer = asked.call("POST", "/v1/leads", None, {"Content-Type": TYPE}, content=body)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/not-utf8"


def test_a_form_without_names_is_empty(asked: Service) -> None:
    answer = asked.call("POST", "/v1/leads", None, {"Content-Type": TYPE}, content=b"")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/empty-body")


@pytest.mark.parametrize("accept", ["*/*", "application/json", BROWSER])
def test_the_page_of_the_form_says_where_the_visitor_goes_next(asked: Service, accept: str) -> None:
    answer = post(asked, EMAIL | {"_redirect": f"{PAGE}/thanks?a=1#top"}, accept)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}/thanks?a=1#top")


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example",
        "/thanks",
        f"{PAGE}.evil.io/",
        f"{PAGE}@evil.io/",
        f"{PAGE}\\@evil.io/",
        f"{PAGE}:8443/",
        "http://www.example.com/",
        f"{PAGE}/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ],
)
def test_no_foreign_page_is_sent_to(asked: Service, page: str) -> None:
    answer = post(asked, EMAIL | {"_redirect": page})
    assert answer.status_code == 422
    told = answer.json()
    assert (told["type"], told["errors"][0]["pointer"]) == ("/problems/redirect", "#/_redirect")
    assert "Location" not in answer.headers


def test_json_may_name_the_next_page_too(asked: Service) -> None:
    form = EMAIL | {"_redirect": f"{PAGE}/thanks"}
    assert asked.send(form, asked.public).json()["next"]["redirect"] == f"{PAGE}/thanks"
    assert asked.send(EMAIL | {"_redirect": "https://evil.example"}, asked.public).status_code == 422


def test_a_browser_is_shown_a_page_without_script(asked: Service) -> None:
    good, bad = post(asked, EMAIL, BROWSER), post(asked, {"budget": "plenty"}, BROWSER)
    assert (good.status_code, bad.status_code) == (201, 422)
    assert "Thank you" in good.text
    assert "<li>Email: please fill this in</li>" in bad.text
    assert "back button" in bad.text
    for page in (good, bad):
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<script" not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


TYPED = {
    "email": "jane@",
    "budget": "1,2345,678",
    "demo_requested": "perhaps",
    "start_on": "01/02/2027",
    "message": "x" * 10_001,
}
PLEASE = [
    "Email: must be an e-mail address such as name@company.com",
    "Yearly budget: please write a number such as 1234 or 1234.5",
    "Demo requested: please answer yes or no",
    "Message: must have at most 10,000 characters",
    "Start on: please write a day such as 2026-11-23",
]


def test_a_visitor_reads_what_to_correct_under_the_names_of_the_fields(asked: Service) -> None:
    page = post(asked, TYPED, BROWSER)
    assert page.status_code == 422
    assert "<h1>Please correct the following</h1>" in page.text
    assert re.findall("<li>(.*?)</li>", page.text) == PLEASE


CLOSED = [
    ("a field that is not asked", {"csrf": "1"}, {}, "unknown-field"),
    ("one that is not asked beside a wrong one", {"email": "jane@", "csrf": "1"}, {}, "email-format"),
    ("a foreign page to go to", {"_redirect": "https://evil.example/"}, {}, "redirect"),
    ("a key that ended", {"_key": "pk_0"}, {}, "key-invalid"),
    ("a foreign page", {}, {"Origin": "https://evil.example"}, "origin"),
    ("a compressed body", {}, {"Content-Encoding": "gzip"}, "encoding"),
]


@pytest.mark.parametrize(("more", "headers", "code"), [row[1:] for row in CLOSED], ids=[row[0] for row in CLOSED])
def test_a_visitor_is_spared_what_only_the_owner_of_the_page_can_correct(
    asked: Service, more: dict[str, str], headers: dict[str, str], code: str
) -> None:
    asked.public = more.get("_key", asked.public)
    fields = EMAIL | {name: value for name, value in more.items() if name != "_key"}
    page = post(asked, fields, BROWSER, **headers)
    assert page.status_code >= 400
    assert "<h1>This form cannot be sent at the moment</h1>" in page.text
    assert "Please contact us another way, or try again later." in page.text
    assert f"<small>Code for the owner of this page: {code}</small>" in page.text
    assert not [word for word in ("accord", "/v1/form", "csrf", "revoke", "Encoding") if word in page.text]
    assert page.text.count("<p>") == 2


def test_a_visitor_who_comes_too_often_is_asked_to_wait(asked: Service) -> None:
    ledger = open_ledger(asked.database)
    asked.public = create_key(ledger, "pk", [PAGE], rate="1/minute")
    ledger.close()
    first, again = (post(asked, EMAIL, BROWSER) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 429)
    assert "<p>Please try again in a moment." in again.text
    assert "Code for the owner of this page: rate-limited" in again.text
    assert int(again.headers["Retry-After"]) > 0


def test_json_is_answered_in_json_whatever_is_accepted(asked: Service) -> None:
    for form, kind in ((EMAIL, "application/json"), ({}, "application/problem+json")):
        answer = asked.call("POST", "/v1/leads", asked.public, {"Origin": PAGE, "Accept": "text/html"}, json=form)
        assert answer.headers["Content-Type"] == kind


def test_a_secret_key_must_not_stand_in_a_page(asked: Service) -> None:
    secret = post(asked, [("email", "jane@example.com")])
    assert secret.status_code == 201
    asked.public, public = asked.secret, asked.public
    refused = post(asked, EMAIL)
    asked.public = "pk_" + "0" * 64
    unknown = post(asked, EMAIL)
    asked.public = public
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope")
    assert (unknown.status_code, unknown.json()["type"]) == (401, "/problems/key-invalid")
    without = asked.call("POST", "/v1/leads", None, {"Content-Type": TYPE}, content=urlencode(EMAIL))
    assert (without.status_code, without.json()["type"]) == (401, "/problems/key-missing")


@pytest.mark.parametrize("origin", ["null", "https://www.example.com.evil.io", "https://evil.example"])
def test_a_foreign_page_cannot_post(asked: Service, origin: str) -> None:
    answer = post(asked, EMAIL, Origin=origin)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/origin")


def test_a_filled_honeypot_is_thanked_and_quarantined(asked: Service) -> None:
    answer = post(asked, EMAIL | {"_website": "https://spam.example"})
    assert answer.status_code == 201
    assert "honeypot" in stored(asked, answer.json()["lead"])[-1]["marks"]


def test_pressing_twice_is_one_lead_and_both_are_thanked(asked: Service) -> None:
    form = {"email": "twice@example.com", "_idempotency_key": "one-press"}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: post(asked, form, BROWSER), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    lead = post(asked, form).json()["lead"]
    assert len(stored(asked, lead)) == 1


def test_the_same_content_of_one_opening_is_one_sending(asked: Service) -> None:
    opened = str(int(time.time() * 1000) - 60_000)
    first, again = (post(asked, EMAIL | {"_opened_at": opened}) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert post(asked, EMAIL | {"_opened_at": opened, "name": "Jane"}).headers.get("Idempotency-Replayed") is None

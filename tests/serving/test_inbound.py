"""Forms from other tools: scripted senders speak the payload and the signature that each tool documents.

Rows 66-70 of the table of bad input stand here; a test's id begins with its row."""

import hashlib
import hmac
import io
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

import accord
from benchmarks.reliability.workplace import ROOT, Workplace, laid_out, serving
from leads.agreement import parse_agreement
from leads.ledger import (
    FAULTS_KEPT,
    HookSource,
    Ledger,
    add_hook,
    adopt_agreement,
    digests,
    erase,
    forget_old_faults,
    hook_faults,
    list_keys,
    new_hook_secret,
    open_ledger,
    remove_hook,
    roll_hook,
)
from leads.person import identities_of_text
from serving.endpoints.hooks import LARGEST
from serving.inbound.signatures import MOST_SIGNATURES, signed_address
from serving.problems import KINDS
from serving.rights.export import person_export
from tests.serving.conftest import AGREEMENT

REACHED = "https://leads.example.com"
CANARY = "Canary-Person"
VISITORS = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in count(1))
NUMBERS = count(1)
SOURCES: tuple[HookSource, ...] = ("generic", "hubspot", "typeform", "webflow")
TIMED: tuple[HookSource, ...] = ("generic", "hubspot", "webflow")


class Sent(NamedTuple):
    """What a tool puts on the wire."""

    body: bytes
    headers: dict[str, str]


class Sender(NamedTuple):
    """A tool that sends to one hook. `at` is its clock, as it writes it."""

    source: HookSource
    hook: str
    secret: str

    def message(self, payload: object, at: str | None = None, name: str | None = None) -> Sent:
        body = json.dumps(payload, ensure_ascii=False).encode()
        return Sent(body, self.signed(body, at or self.clock(), name or f"msg_{next(NUMBERS)}"))

    def clock(self, off: float = 0) -> str:
        return str(int((time.time() + off) * (1 if self.source == "generic" else 1000)))

    def signed(self, body: bytes, at: str, name: str) -> dict[str, str]:
        if self.source == "generic":
            secret = Webhook(self.secret)._whsecret
            signature = "v1," + b64encode(mac(secret, f"{name}.{at}.".encode() + body)).decode()
            return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signature}
        key = self.secret.encode()
        if self.source == "hubspot":
            text = f"POST{REACHED}/v1/hooks/{self.hook}".encode() + body + at.encode()
            return {
                "X-HubSpot-Signature-v3": b64encode(mac(key, text)).decode(),
                "X-HubSpot-Request-Timestamp": at,
                "X-HubSpot-Signature-Version": "v2",
            }
        if self.source == "typeform":
            return {"Typeform-Signature": "sha256=" + b64encode(mac(key, body)).decode()}
        return {"X-Webflow-Signature": mac(key, f"{at}:".encode() + body).hex(), "X-Webflow-Timestamp": at}


def mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def header(source: HookSource) -> str:
    return {
        "generic": "webhook-signature",
        "hubspot": "X-HubSpot-Signature-v3",
        "typeform": "Typeform-Signature",
        "webflow": "X-Webflow-Signature",
    }[source]


def somebody() -> str:
    return f"ada{next(NUMBERS)}@example.com"


def generic(email: str | None, **more: object) -> dict[str, Any]:
    data = {"email": email, "Name": "Ada", "yearly budget": "12.500 EUR", "demo-requested": True} | more
    return {"type": "form.sent", "timestamp": "2026-11-20T09:00:00Z", "data": data}


def hubspot_contact(email: str | None, **more: object) -> dict[str, Any]:
    """The whole contact, as a workflow sends it."""
    properties = {"email": email, "firstname": "Ada", "country": "Germany", "start_on": "1795392000000"} | more
    number = next(NUMBERS)
    return {
        "vid": number,
        "canonical-vid": number,
        "merged-vids": [],
        "portal-id": 62515,
        "is-contact": True,
        "properties": {
            name: {"value": value, "versions": [{"value": value, "source-type": "FORM", "timestamp": 1795392000000}]}
            for name, value in properties.items()
        },
        "form-submissions": [
            {"conversion-id": f"old-{number}", "timestamp": 1_795_000_000_000, "form-id": "a", "title": "News"},
            {"conversion-id": f"new-{number}", "timestamp": 1_795_392_000_000, "form-id": "b", "title": "Demo"},
        ],
    }


def hubspot(email: str | None, **more: object) -> dict[str, Any]:
    """Picked properties, as one flat object."""
    kept = {"hs_object_id": str(next(NUMBERS)), "recent_conversion_date": "1795392000000"}
    return {"email": email, "firstname": "Ada", "country": "Germany", "demo_requested": "true"} | kept | more


def typeform(email: str | None, **more: object) -> dict[str, Any]:
    token = f"01dtxe27vq{next(NUMBERS)}"
    answers: list[dict[str, Any]] = [
        {"type": "email", "email": email, "field": {"id": "e1", "type": "email", "ref": "email"}},
        {"type": "text", "text": "Ada", "field": {"id": "n1", "type": "short_text", "ref": "01FAB"}},
        {"type": "choice", "choice": {"label": "Steel"}, "field": {"id": "i1", "type": "dropdown", "ref": "x1"}},
        {"type": "boolean", "boolean": True, "field": {"id": "d1", "type": "yes_no", "ref": "demo_requested"}},
        {"type": "number", "number": 12500, "field": {"id": "b1", "type": "number", "ref": "yearly-budget"}},
        {"type": "choices", "choices": {"labels": ["A", "B"], "other": "C"}, "field": {"id": "m1", "ref": "message"}},
        {"type": "date", "date": "2026-12-01", "field": {"id": "s1", "type": "date", "ref": "start-on"}},
    ]
    titles = {"e1": "Your mail?", "n1": "Name", "i1": "Industry", "d1": "A demo?", "b1": "Budget", "m1": "Say"}
    said = {
        "form_id": "lT4Z3j",
        "token": token,
        "landed_at": moment(-120),
        "submitted_at": moment(-60),
        "hidden": {"utm_source": "newsletter"},
        "definition": {
            "id": "lT4Z3j",
            "title": "Demo",
            "fields": [{"id": key, "title": title, "type": "x", "ref": "y"} for key, title in titles.items()],
        },
        "answers": [answer for answer in answers if answer.get(answer["type"]) is not None],
    }
    return {"event_id": f"ev{token}", "event_type": "form_response", "form_response": said | more}


def webflow(email: str | None, **more: object) -> dict[str, Any]:
    data = {"Name": "Ada", "email": email, "Country": "Austria", "Yearly Budget": 9000} | more
    said = {
        "name": "Contact us",
        "siteId": "65427cf400e02b306eaa049c",
        "data": {name: value for name, value in data.items() if value is not None},
        "schema": [{"fieldName": "Name", "fieldType": "FormTextInput", "fieldElementId": "285042f7"}],
        "submittedAt": "2026-11-20T12:35:16.117Z",
        "id": f"6321ca84df3949bfc{next(NUMBERS)}",
        "formId": "65429eadebe8a9f3a30f62d0",
        "formElementId": "4e038d2c-6a1e-4953-7be9-a59a2b453177",
    }
    return {"triggerType": "form_submission", "payload": said}


PAYLOADS = {"generic": generic, "hubspot": hubspot, "typeform": typeform, "webflow": webflow}


def moment(off: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=off)).isoformat(timespec="seconds").replace("+00:00", "Z")


class Place(NamedTuple):
    """A service behind a proxy, so that each call comes from a visitor of its own."""

    workplace: Workplace
    ledger: Ledger
    client: httpx2.Client

    def hook(self, source: HookSource, mapped: Mapping[str, list[str]] | None = None) -> Sender:
        secret = new_hook_secret() if source == "generic" else f"secret-of-{source}-{next(NUMBERS)}"
        with self.ledger.transaction() as connection:
            hook = add_hook(connection, source, secret, datetime.now(UTC), mapped, REACHED)
        return Sender(source, hook, secret)

    def deliver(self, sender: Sender, sent: Sent, content_type: str = "application/json") -> httpx2.Response:
        headers = {"Content-Type": content_type, "X-Forwarded-For": next(VISITORS)} | sent.headers
        url = f"http://127.0.0.1:{self.workplace.port}/v1/hooks/{sender.hook}"
        return self.client.post(url, content=sent.body, headers=headers)

    def story(self, lead: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.workplace.port}/v1/leads/{lead}"
        told: dict[str, Any] = self.client.get(url, headers={"Authorization": f"Bearer {self.workplace.secret}"}).json()
        return told

    def form(self, lead: str) -> dict[str, Any]:
        form: dict[str, Any] = self.story(lead)["submissions"][-1]["form"]
        return form

    def submissions(self) -> int:
        with sqlite3.connect(self.workplace.home / "accord.db") as connection:
            found: int = connection.execute("SELECT count(*) FROM submissions").fetchone()[0]
        connection.close()
        return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("inbound") / "home"
    workplace = laid_out(home, agreement=AGREEMENT, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
    with serving(workplace), httpx2.Client(timeout=20) as client:
        ledger = open_ledger(workplace.database)
        yield Place(workplace, ledger, client)
        ledger.close()


def refused(answer: httpx2.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"], body["title"]) == (f"/problems/{code}", status, KINDS[code].title)
    assert body["instance"] == answer.headers["Request-Id"]
    assert CANARY not in answer.text
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]]
    return body


def taken(answer: httpx2.Response) -> str:
    """Its lead; nothing else is told, above all no score."""
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert set(body) == {"lead", "left_out"}
    assert body["left_out"] == []
    assert answer.headers["Cache-Control"] == "no-store"
    return str(body["lead"])


# What each tool sends becomes a lead


def test_a_generic_message_becomes_a_lead(place: Place) -> None:
    sender, email = place.hook("generic"), somebody()
    story = place.story(taken(place.deliver(sender, sender.message(generic(email)))))
    (submission,) = story["submissions"]
    assert submission["form"] == {"email": email, "name": "Ada", "budget": 12500.0, "demo_requested": True}
    assert submission["key"] == sender.hook
    assert story["decisions"][0]["scored_by"] == "scorecard"


def test_the_library_of_standard_webhooks_signs_what_is_taken(place: Place) -> None:
    sender, now = place.hook("generic"), datetime.now(UTC)
    body = json.dumps({"email": somebody()})  # the body itself is the form
    headers = {
        "webhook-id": "msg_of_the_library",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(sender.secret).sign("msg_of_the_library", now, body),
    }
    taken(place.deliver(sender, Sent(body.encode(), headers)))


def test_a_whole_hubspot_contact_becomes_a_lead(place: Place) -> None:
    sender, email = place.hook("hubspot", {"name": ["firstname", "lastname"]}), somebody()
    lead = taken(place.deliver(sender, sender.message(hubspot_contact(email, lastname="Lovelace"))))
    wanted = {"email": email, "name": "Ada Lovelace", "country": "Germany", "start_on": "2026-11-23"}
    assert place.form(lead) == wanted


def test_a_large_hubspot_contact_is_read_too(place: Place) -> None:
    sender = place.hook("hubspot")
    many = {f"property_{number}": "x" * 200 for number in range(600)}
    sent = sender.message(hubspot_contact(somebody(), **many))
    assert 200_000 < len(sent.body) < LARGEST
    taken(place.deliver(sender, sent))


def test_picked_hubspot_properties_become_a_lead(place: Place) -> None:
    sender, email = place.hook("hubspot"), somebody()
    lead = taken(place.deliver(sender, sender.message(hubspot(email))))
    assert place.form(lead) == {"email": email, "country": "Germany", "demo_requested": True}


def test_hubspots_address_is_signed_with_its_query_written_plainly() -> None:
    assert signed_address("https://x.example/a%3A?b=%2F%3a%40&c=%20") == "https://x.example/a%3A?b=/:@&c=%20"


def test_a_typeform_response_becomes_a_lead(place: Place) -> None:
    sender, email = place.hook("typeform", {"budget": ["yearly-budget"]}), somebody()
    sent = typeform(email)
    lead = taken(place.deliver(sender, sender.message(sent)))
    assert place.form(lead) == {
        "email": email,
        "name": "Ada",
        "industry": "Steel",
        "demo_requested": True,
        "budget": 12500.0,
        "message": "A, B, C",
        "start_on": "2026-12-01",
        "utm_source": "newsletter",
    }


def test_a_webflow_form_becomes_a_lead(place: Place) -> None:
    sender, email = place.hook("webflow"), somebody()
    lead = taken(place.deliver(sender, sender.message(webflow(email))))
    assert place.form(lead) == {"email": email, "name": "Ada", "country": "Austria", "budget": 9000.0}


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_person_is_one_lead_by_every_way(place: Place, source: HookSource) -> None:
    email = somebody()
    first, second = place.hook(source), place.hook("generic")
    lead = taken(place.deliver(first, first.message(PAYLOADS[source](email))))
    assert taken(place.deliver(second, second.message(generic(email)))) == lead
    assert len(place.story(lead)["submissions"]) == 2


def test_a_map_goes_before_names_and_leads_into_objects(place: Place) -> None:
    sender, email = place.hook("generic", {"email": ["contact.mail"], "utm_source": ["from"]}), somebody()
    answers = {"email": "wrong@example.com", "contact": {"mail": email}, "from": "fair"}
    lead = taken(place.deliver(sender, sender.message({"type": "sent", "data": answers})))
    assert place.form(lead) == {"email": email, "utm_source": "fair"}


# Rows 66-70


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("how", ["none", "empty", "short", "wrong", "of another secret", "twice", "odd letters"])
def test_66_a_signature_that_does_not_fit(place: Place, source: HookSource, how: str) -> None:
    sender, before = place.hook(source), place.submissions()
    sent = sender.message(PAYLOADS[source](somebody()))
    name, right = header(source), sent.headers.pop(header(source))
    other = sender._replace(secret=new_hook_secret()).signed(sent.body, sender.clock(), "msg")[name]
    given = {"empty": "", "short": right[:-9], "wrong": right[:-9] + "AAAAAAAAA", "of another secret": other}
    if how in given:
        sent.headers[name] = given[how]
    if how == "odd letters":
        sent.headers[name] = "v1,\u00e9\u00fc"
    headers: Any = [*sent.headers.items(), *([(name, right), (name, other)] if how == "twice" else [])]
    headers = [(key, value.encode("latin-1")) for key, value in headers]
    url = f"http://127.0.0.1:{place.workplace.port}/v1/hooks/{sender.hook}"
    more = [("Content-Type", b"application/json"), ("X-Forwarded-For", next(VISITORS).encode())]
    refused(place.client.post(url, content=sent.body, headers=[*headers, *more]), 401, "signature")
    assert place.submissions() == before


@pytest.mark.parametrize(
    ("signature", "fits"),
    [
        ("v1,", False),
        ("v1, v1,", False),
        ("{bare}", False),
        ("v2,{bare}", False),
        ("v1a,{bare}", False),
        (" ".join(["v1,AAAA"] * 50), False),
        (" ".join(["v1,AAAA"] * MOST_SIGNATURES) + " v1,{bare}", False),
        ("v1,{bare} " + " ".join(["v1,AAAA"] * 49), False),
        (" ".join(["v1,AAAA"] * (MOST_SIGNATURES - 1)) + " v1,{bare}", True),
        ("v1a,AAAA  v1,{bare}", True),
    ],
    ids=[
        "empty",
        "two empty",
        "no version",
        "version 2",
        "v1a",
        "50",
        "the 11th",
        "first of 50",
        "the 10th",
        "the 2nd",
    ],
)
def test_66_several_signatures_of_a_standard_webhook(place: Place, signature: str, fits: bool) -> None:
    sender = place.hook("generic")
    sent = sender.message(generic(somebody()))
    bare = sent.headers["webhook-signature"].removeprefix("v1,")
    sent.headers["webhook-signature"] = signature.replace("{bare}", bare)
    answer = place.deliver(sender, sent)
    if fits:
        taken(answer)
    else:
        refused(answer, 401, "signature")


@pytest.mark.parametrize("source", TIMED)
@pytest.mark.parametrize(("off", "fits"), [(-301, False), (302, False), (-290, True), (290, True)])
def test_67_a_signature_of_another_time(place: Place, source: HookSource, off: int, fits: bool) -> None:
    sender = place.hook(source)
    answer = place.deliver(sender, sender.message(PAYLOADS[source](somebody()), at=sender.clock(off)))
    if fits:
        taken(answer)
    else:
        refused(answer, 401, "signature-stale")


@pytest.mark.parametrize("source", TIMED)
@pytest.mark.parametrize("at", ["1e9", "-1", "soon", "1795392000.5", "+1795392000", "9" * 30, "0x6b"])
def test_67_a_time_that_cannot_be_read(place: Place, source: HookSource, at: str) -> None:
    sender = place.hook(source)
    refused(place.deliver(sender, sender.message(PAYLOADS[source](somebody()), at=at)), 400, "webhook-timestamp")


def test_67_a_wrong_signature_is_told_before_its_age(place: Place) -> None:
    sender = place.hook("generic")
    sent = sender.message(generic(somebody()), at=sender.clock(-900))
    sent.headers["webhook-signature"] = "v1,AAAA"
    refused(place.deliver(sender, sent), 401, "signature")


def test_67_an_old_typeform_response_is_not_taken_again(place: Place) -> None:
    """Typeform signs no time, and what was taken is remembered for thirty days."""
    sender = place.hook("typeform")
    refused(
        place.deliver(sender, sender.message(typeform(somebody(), submitted_at="2026-01-01T00:00:00Z"))),
        401,
        "signature-stale",
    )
    refused(place.deliver(sender, sender.message(typeform(somebody(), submitted_at=None))), 401, "signature-stale")
    taken(place.deliver(sender, sender.message(typeform(somebody(), submitted_at=moment(-86_400)))))


@pytest.mark.parametrize("source", SOURCES)
def test_68_a_body_that_was_written_anew(place: Place, source: HookSource) -> None:
    sender = place.hook(source)
    sent = sender.message(PAYLOADS[source](somebody()))
    anew = json.dumps(json.loads(sent.body), indent=1).encode()
    for body in (sent.body.replace(b": ", b":  ", 1), sent.body + b" ", anew):
        refused(place.deliver(sender, sent._replace(body=body)), 401, "signature")
    taken(place.deliver(sender, sent))


@pytest.mark.parametrize("source", SOURCES)
def test_69_a_used_id_changes_nothing(place: Place, source: HookSource) -> None:
    sender, payload = place.hook(source), PAYLOADS[source](somebody())
    sent = sender.message(payload, name="msg_used")
    lead, before = taken(place.deliver(sender, sent)), place.submissions()
    later = sender.message(payload, at=sender.clock(1), name="msg_used")  # the tool tries again, at another time
    for again in (sent, later):
        answer = place.deliver(sender, again)
        assert (answer.status_code, answer.json()) == (200, {"lead": lead, "left_out": []})
        assert answer.headers["Idempotency-Replayed"] == "true"
    assert place.submissions() == before


def test_69_a_used_id_changes_nothing_with_another_body_either(place: Place) -> None:
    sender = place.hook("generic")
    lead = taken(place.deliver(sender, sender.message(generic(somebody()), name="msg_once")))
    for email in (somebody(), "not an address"):
        answer = place.deliver(sender, sender.message(generic(email), name="msg_once"))
        assert (answer.status_code, answer.json()["lead"]) == (200, lead)
    assert hook_faults(place.ledger, sender.hook) == []


def test_69_an_id_belongs_to_its_hook(place: Place) -> None:
    one, other = place.hook("generic"), place.hook("generic")
    first = taken(place.deliver(one, one.message(generic(somebody()), name="msg_same")))
    assert taken(place.deliver(other, other.message(generic(somebody()), name="msg_same"))) != first


def test_69_the_same_message_many_times_at_once_is_one_submission(place: Place) -> None:
    sender, before = place.hook("typeform"), place.submissions()
    sent, statuses = sender.message(typeform(somebody())), list[int]()

    def deliver() -> None:
        statuses.append(place.deliver(sender, sent).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(statuses) <= {200, 202}
    assert len(statuses) == 8
    assert place.submissions() == before + 1


def test_69_another_form_of_the_same_hubspot_contact_is_another_submission(place: Place) -> None:
    sender, contact = place.hook("hubspot"), hubspot_contact(somebody())
    lead = taken(place.deliver(sender, sender.message(contact)))
    contact["form-submissions"].append({"conversion-id": "third", "timestamp": 1_795_400_000_000})
    assert taken(place.deliver(sender, sender.message(contact))) == lead


def test_69_without_a_conversion_only_the_very_same_hubspot_message_is_known(place: Place) -> None:
    sender, payload = place.hook("hubspot"), {"email": somebody()}
    sent = sender.message(payload)
    lead = taken(place.deliver(sender, sent))
    assert place.deliver(sender, sent).status_code == 200
    assert taken(place.deliver(sender, sender.message(payload, at=sender.clock(1)))) == lead


@pytest.mark.parametrize(
    "name",
    ["msg.1", ".", "a" * 1024, "a" * 256, "msg 1", "", None],
    ids=["dot", "only a dot", "1 kB", "256", "space", "empty", "none"],
)
def test_70_a_webhook_id_that_cannot_be_used(place: Place, name: str | None) -> None:
    sender = place.hook("generic")
    body = json.dumps(generic(somebody())).encode()
    headers = sender.signed(body, sender.clock(), name or "")
    if name is None:
        del headers["webhook-id"]
    refused(place.deliver(sender, Sent(body, headers)), 400, "webhook-id")


# What comes before the signature


def test_an_unknown_or_removed_hook(place: Place) -> None:
    sender = place.hook("generic")
    sent = sender.message(generic(somebody()))
    for name in ("hk_00000000", "x", "hk_" + "0" * 2000, "..%2Fleads", sender.hook.upper()):
        answer = place.deliver(sender._replace(hook=name), sent)
        refused(answer, 404, "not-found")
    with place.ledger.transaction() as connection:
        assert remove_hook(connection, sender.hook, datetime.now(UTC))
    refused(place.deliver(sender, sent), 404, "not-found")


def test_too_large_a_body_is_refused_before_it_is_read(place: Place) -> None:
    sender = place.hook("generic")
    sent = sender.message({"email": "x" * LARGEST})
    refused(place.deliver(sender, sent), 413, "body-too-large")
    head = f"POST /v1/hooks/{sender.hook} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", place.workplace.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {LARGEST + 1}\r\n\r\n".encode())  # and nothing of the body
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_only_plain_json_is_read(place: Place) -> None:
    sender = place.hook("generic")
    sent = sender.message(generic(somebody()))
    refused(place.deliver(sender, sent, "text/plain"), 415, "media-type")
    refused(place.deliver(sender, sent, "application/json; charset=latin-1"), 415, "charset")
    sent.headers["Content-Encoding"] = "gzip"
    refused(place.deliver(sender, sent), 415, "encoding")


def test_wrong_signatures_are_limited_and_good_ones_go_on(place: Place) -> None:
    sender, guesser = place.hook("generic"), {"X-Forwarded-For": "192.0.2.77"}
    sent = sender.message(generic(somebody()))
    wrong = Sent(sent.body, sent.headers | {"webhook-signature": "v1,AAAA"} | guesser)
    statuses = [place.deliver(sender, wrong).status_code for _ in range(62)]
    assert statuses[:60] == [401] * 60
    assert statuses[-1] == 429
    taken(place.deliver(sender, Sent(sent.body, sent.headers | guesser)))


def test_both_secrets_count_until_the_overlap_is_over(place: Place) -> None:
    old = place.hook("typeform")
    new, now = old._replace(secret="the-new-secret"), datetime.now(UTC)
    with place.ledger.transaction() as connection:
        assert roll_hook(connection, old.hook, new.secret, timedelta(hours=1), now)
    for sender in (old, new):
        taken(place.deliver(sender, sender.message(typeform(somebody()))))
    with place.ledger.transaction() as connection:
        assert roll_hook(connection, old.hook, new.secret, timedelta(0), now)
    refused(place.deliver(old, old.message(typeform(somebody()))), 401, "signature")
    taken(place.deliver(new, new.message(typeform(somebody()))))


# What cannot be read


@pytest.mark.parametrize(
    ("source", "pointer"),
    [
        ("generic", "#/data/email"),
        ("hubspot", "#/email"),
        ("typeform", "#/form_response/answers/0/email"),
        ("webflow", "#/payload/data/email"),
    ],
)
def test_a_required_answer_that_is_wrong_is_refused_and_kept(place: Place, source: HookSource, pointer: str) -> None:
    sender, before = place.hook(source), place.submissions()
    payload = PAYLOADS[source](f"{CANARY} at example")
    refused(place.deliver(sender, sender.message(payload, name="msg_wrong")), 422, "email-format", pointer)
    refused(place.deliver(sender, sender.message(payload, name="msg_wrong")), 422, "email-format", pointer)
    (fault,) = hook_faults(place.ledger, sender.hook)
    assert (fault.lead, json.loads(fault.payload)) == (None, payload)
    assert [(place["pointer"], place["code"]) for place in fault.places] == [(pointer, "email-format")]
    assert place.submissions() == before


def test_what_was_refused_is_forgotten_once_it_can_be_read(place: Place) -> None:
    sender = place.hook("generic")
    refused(place.deliver(sender, sender.message(generic(None), name="msg_1")), 422, "required", "#")
    assert len(hook_faults(place.ledger, sender.hook)) == 1
    taken(place.deliver(sender, sender.message(generic(somebody()), name="msg_1")))
    assert hook_faults(place.ledger, sender.hook) == []


def test_a_lead_is_taken_without_the_answers_that_are_wrong(place: Place) -> None:
    sender, email = place.hook("generic"), somebody()
    wrong = {
        "start_on": "01/02/2026",
        "yearly budget": "a lot",
        "country": ["DE", {"not": "text"}],
        "name": "A\u0000da",
    }
    answer = place.deliver(sender, sender.message(generic(email, **wrong, Name=None)))
    assert answer.status_code == 202, answer.text
    pointers = {"#/data/start_on", "#/data/yearly%20budget", "#/data/country", "#/data/name"}
    assert set(answer.json()["left_out"]) == pointers
    lead = answer.json()["lead"]
    assert place.form(lead) == {"email": email, "demo_requested": True}
    (fault,) = hook_faults(place.ledger, sender.hook)
    assert (fault.lead, {place["pointer"] for place in fault.places}) == (lead, pointers)
    assert fault.people == []


@pytest.mark.parametrize(
    ("source", "payload", "code"),
    [
        ("generic", [], "object-expected"),
        ("generic", {"type": "x", "data": {"color": "red"}}, "required"),
        ("typeform", {"event_type": "form_response_partial"}, "value"),
        ("typeform", {"event_type": "form_response", "form_response": {"answers": "none"}}, "required"),
        ("webflow", {"triggerType": "site_publish", "payload": {}}, "value"),
        ("webflow", {"triggerType": "form_submission", "payload": {"data": {"email": "a@b.example"}}}, "required"),
        ("hubspot", {"properties": {"email": 7, "form-submissions": 3}}, "email-format"),
    ],
    ids=["no object", "no field", "other event", "no token", "other trigger", "no id", "odd contact"],
)
def test_a_payload_of_another_shape(place: Place, source: HookSource, payload: object, code: str) -> None:
    sender = place.hook(source)
    refused(place.deliver(sender, sender.message(payload)), 422, code)
    assert len(hook_faults(place.ledger, sender.hook)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json-syntax"),
        (b"", "empty-body"),
        (b"[" * 5000, "json-too-deep"),
        (b'{"email": "\xff"}', "not-utf8"),
    ],
    ids=["cut off", "empty", "deep", "no text"],
)
def test_a_signed_body_that_is_no_json(place: Place, body: bytes, code: str) -> None:
    sender = place.hook("typeform")
    refused(place.deliver(sender, Sent(body, sender.signed(body, "", ""))), 400, code)


def test_whoever_is_erased_is_erased_from_what_could_not_be_read(place: Place) -> None:
    sender, kept = place.hook("generic", {"email": ["mail"]}), place.hook("generic")
    email, lead_of = somebody(), somebody()
    payload = {"type": "x", "data": {"mail": "nobody", "text": f"write to {email.upper()}, thanks"}}
    refused(place.deliver(sender, sender.message(payload)), 422, "email-format")
    refused(place.deliver(sender, sender.message({"data": {"mail": "nobody", "other": somebody()}})), 422, "required")
    answer = place.deliver(kept, kept.message(generic(lead_of, start_on="soon")))
    assert answer.json()["left_out"] == ["#/data/start_on"]
    people = digests(place.ledger, [*identities_of_text(email), *identities_of_text(lead_of)])
    known = person_export(place.ledger, people, ZoneInfo("Europe/Berlin"))["not_read"]
    assert [one["hook"] for one in known] == [sender.hook, kept.hook]
    assert email.upper() in known[0]["payload"]
    with place.ledger.transaction() as connection:
        erase(connection, people, [], datetime.now(UTC), lambda _: None)
    (left,) = hook_faults(place.ledger, sender.hook)
    assert email.upper() not in left.payload
    assert hook_faults(place.ledger, kept.hook) == []


def test_what_could_not_be_read_is_forgotten_after_thirty_days(place: Place) -> None:
    sender = place.hook("generic")
    refused(place.deliver(sender, sender.message(generic(None))), 422, "required")
    for later, left in ((FAULTS_KEPT - timedelta(hours=1), 1), (FAULTS_KEPT + timedelta(hours=1), 0)):
        with place.ledger.transaction() as connection:
            forget_old_faults(connection, datetime.now(UTC) + later)
        assert len(hook_faults(place.ledger, sender.hook)) == left


def test_nothing_that_was_sent_stands_in_the_log(place: Place) -> None:
    sender = place.hook("generic")
    for email in (f"{CANARY}@example.com", f"{CANARY} at example"):
        place.deliver(sender, sender.message(generic(email, Name=CANARY, country=[CANARY, {}])))
    log = (place.workplace.home / "stderr").read_text()
    assert f'"key": "{sender.hook}"' in log
    assert CANARY.lower() not in log.lower()
    assert sender.secret not in log


# The command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The agreement is in force once the service has started; here it is put so."""
    workplace = laid_out(tmp_path / "home", agreement=AGREEMENT)
    ledger = open_ledger(workplace.database)
    adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    ledger.close()
    monkeypatch.setenv("ACCORD_HOME", str(workplace.home))
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    return workplace.home


def hooks(home: Path, *words: str, secret: str = "") -> subprocess.CompletedProcess[str]:
    out, errors = io.StringIO(), io.StringIO()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(secret + "\n"), out, errors
    try:
        code = accord.main(["hooks", *words])
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    return subprocess.CompletedProcess(words, code, out.getvalue(), errors.getvalue())


def test_a_hook_is_added_listed_rolled_and_removed(home: Path) -> None:
    added = hooks(home, "add", "--source", "generic", "--map", "name=first", "--map", "name=last", "--label", "Fair")
    secret = added.stdout.strip()
    assert secret.startswith("whsec_")
    assert Webhook(secret)
    (told,) = json.loads(hooks(home, "list", "--json").stdout)["hooks"]
    assert (told["source"], told["map"], told["label"]) == ("generic", {"name": ["first", "last"]}, "Fair")
    assert f"https://YOUR-SERVICE{told['path']}" in added.stderr
    shown = hooks(home, "list").stdout
    assert shown == f"{told['hook']}  generic  all was read  name=first + last  Fair\n"
    assert secret not in shown + json.dumps(told)
    rolled = hooks(home, "roll", told["hook"])
    assert rolled.stdout.strip() != secret
    assert "24 hours" in rolled.stderr
    assert hooks(home, "remove", told["hook"]).stdout.startswith(told["hook"])
    assert "There are no hooks yet" in hooks(home, "list").stderr
    assert hooks(home, "remove", told["hook"]).returncode == 2


def test_the_tools_own_secret_comes_from_the_standard_input_and_is_not_printed(home: Path) -> None:
    words = ["add", "--source", "hubspot", "--url", "https://Leads.example.com/", "--json"]
    added = hooks(home, *words, secret="the-clients-secret")
    told = json.loads(added.stdout)
    assert told["secret"] is None
    assert "the-clients-secret" not in added.stdout + added.stderr
    (listed,) = json.loads(hooks(home, "list", "--json").stdout)["hooks"]
    assert listed["url"] == f"https://leads.example.com{told['path']}"


def test_what_could_not_be_read_is_listed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_HOME", str(place.workplace.home))
    sender = place.hook("generic")
    refused(place.deliver(sender, sender.message(generic(f"{CANARY} at example"))), 422, "email-format")
    place.deliver(sender, sender.message(generic(somebody(), start_on=CANARY)))
    shown = hooks(place.workplace.home, "list").stdout
    assert "1 refused, 1 read in part" in shown
    assert "refused  #/data/email email-format" in shown
    assert CANARY not in shown
    told = json.loads(hooks(place.workplace.home, "list", "--json").stdout)["hooks"]
    (mine,) = [hook for hook in told if hook["hook"] == sender.hook]
    assert CANARY in mine["not_read"][1]["payload"]


def test_a_hook_is_no_key(place: Place) -> None:
    sender = place.hook("generic")
    assert sender.hook not in [key.id for key in list_keys(place.ledger)]
    url = f"http://127.0.0.1:{place.workplace.port}/v1/leads"
    bearer = {"Authorization": f"Bearer {sender.hook}", "X-Forwarded-For": next(VISITORS)}
    refused(place.client.post(url, json={"email": somebody()}, headers=bearer), 401, "key-invalid")


@pytest.mark.parametrize(
    ("words", "secret", "message"),
    [
        (["add", "--source", "hubspot"], "x" * 20, "HubSpot signs the address too: say --url"),
        (["add", "--source", "hubspot", "--url", "leads"], "x" * 20, "An origin is the beginning of a page's address"),
        (["add", "--source", "webflow"], "", "Give the tool's secret on the standard input"),
        (["add", "--source", "webflow"], "short", "one line of 8 to 500 ASCII characters"),
        (["add", "--source", "generic", "--own-secret"], "whsec_short", "24 to 64 bytes in base64"),
        (["add", "--source", "generic", "--map", "colour=x"], "", "“colour” is not a field of the form"),
        (["add", "--source", "generic", "--map", "email"], "", "--map needs a field and the answer it takes"),
        (["add", "--source", "generic", "--map", "email="], "", "--map needs a field and the answer it takes"),
        (["add", "--source", "mailchimp"], "", "invalid choice: 'mailchimp'"),
        (["remove", "hk_00000000"], "", "There is no hook with this id"),
        (["roll", "hk_00000000"], "", "There is no hook with this id"),
        (["roll", "hk_00000000", "--overlap", "nan"], "", "--overlap lies between 0 and 720 hours."),
        ([], "", "add|list|remove|roll"),
    ],
    ids=lambda words: " ".join(words)[:40] if isinstance(words, list) else "",
)
def test_a_wrong_call_names_its_remedy(home: Path, words: list[str], secret: str, message: str) -> None:
    done = hooks(home, *words, secret=secret)
    assert done.returncode == 2
    assert message in done.stderr
    assert json.loads(hooks(home, "list", "--json").stdout) == {"hooks": []}


def test_the_command_as_a_process(home: Path) -> None:
    command = [sys.executable, str(ROOT / "accord.py"), "hooks", "add", "--source", "webflow"]
    done = subprocess.run(command, input="a-secret-of-webflow\n", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "takes what webflow sends to https://YOUR-SERVICE/v1/hooks/hk_" in done.stderr

"""What marketing's tools tell of leads: kept once, nothing that names the person, and what unsubscribing does."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import httpx2
import pytest

from accord import main
from benchmarks.reliability.workplace import laid_out, serving
from leads.lead import Engagement
from leads.ledger import (
    create_key,
    decision_by_id,
    engagements_of,
    erase_leads,
    expired,
    lead_story,
    open_ledger,
)
from models.replay import Replay
from serving.edge.engagement_body import LONGEST, PROPERTIES
from serving.feedback.engagements import tell as tell_all
from tests.serving.conftest import AGREEMENT
from tests.serving.office import SALES, Office, berlin, people
from tests.serving.test_bad_input import JSON, PAGE, Place, told

NUMBERS = count(1)
PERSON = "Canary-Person"
TEN = berlin("2026-11-20 10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("engagements") / "home"
    workplace = laid_out(home, agreement=AGREEMENT, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
    ledger = open_ledger(workplace.database)
    bound = create_key(ledger, "pk", [PAGE], rate="1000000/minute")
    ledger.close()
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Place(workplace, bound, client)


@pytest.fixture
def lead(place: Place) -> str:
    return nurtured(place)


def nurtured(place: Place, email: str | None = None) -> str:
    decision = place.send({"email": email or f"engaged{next(NUMBERS)}@example.com", "country": "FR"}).json()
    assert decision["route"] == "nurture"
    return str(decision["lead"])


def event(kind: str = "page_view", name: str | None = None, seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"event": name or f"g{next(NUMBERS)}", "kind": kind, "occurred_at": at.isoformat()} | more


def tell(place: Place, lead: str, body: Mapping[str, Any] | bytes) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    typed = {"Content-Type": JSON}
    return place.call("POST", f"/v1/leads/{lead}/engagements", place.workplace.secret, typed, content=content)


def tell_many(place: Place, events: object) -> httpx2.Response:
    return place.call("POST", "/v1/engagements", place.workplace.secret, json={"events": events})


def kept(place: Place, lead: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.story(lead)["engagements"]
    return found


def test_an_engagement_is_kept_and_stands_in_the_leads_story(place: Place, lead: str) -> None:
    sent = event("pricing_page", "first", properties={"page": "/pricing?who=me#top", "title": None, "campaign": 7})
    answer = tell(place, lead, sent)
    assert (answer.status_code, answer.json()) == (202, {"lead": lead, "event": "first"})
    [one] = kept(place, lead)
    assert one["kind"] == "pricing_page"
    assert one["properties"] == {"page": "/pricing", "campaign": "7"}
    assert (one["counts"], one["key"]) == (True, place.workplace.secret[:11])
    metrics = place.call("GET", "/metrics", place.workplace.secret).text
    assert 'accord_engagements_total{kind="pricing_page"} 1.0' in metrics


@pytest.mark.parametrize("unknown", ["ld_00000000-0000-7000-8000-000000000000", "1", "dc_1", "x" * 2000])
def test_an_unknown_lead(place: Place, unknown: str) -> None:
    body = tell(place, unknown, event()).json()
    assert (body["status"], body["type"]) == (422, "/problems/unknown-lead")
    assert body["errors"] == [{"parameter": "lead", "code": "unknown-lead", "detail": body["detail"]}]
    told(tell_many(place, [event(lead=unknown)]), 422, "unknown-lead", "#/events/0/lead")


def test_the_same_event_again_changes_nothing_and_another_one_is_refused(place: Place, lead: str) -> None:
    first = event("mail_clicked", "same", properties={"mail": 7, "url": "https://www.example.com/a?b"})
    assert tell(place, lead, first).status_code == 202
    in_another_zone = datetime.fromisoformat(first["occurred_at"]).astimezone(None).isoformat()
    for same in (
        first,
        first | {"occurred_at": in_another_zone},
        first | {"properties": {"url": "https://www.example.com/a#c", "mail": "7"}},
    ):
        again = tell(place, lead, same)
        assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (200, "true")
    for other in ({"kind": "reply"}, {"properties": {}}, {"occurred_at": event()["occurred_at"]}):
        told(tell(place, lead, first | other), 409, "event-conflict", "#/event")
    assert len(kept(place, lead)) == 1
    assert tell(place, nurtured(place), first | {"kind": "reply"}).status_code == 202  # another lead has its own ids


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_events_may_come_in_any_order(place: Place, lead: str, order: tuple[int, ...]) -> None:
    sent = [event("page_view", "a", -3), event("download", "b", -2), event("reply", "c", -1)]
    for number in order:
        assert tell(place, lead, sent[number]).status_code == 202
    assert [one["kind"] for one in kept(place, lead)] == ["page_view", "download", "reply"]


@pytest.mark.parametrize(
    ("added", "code", "pointer"),
    [
        ('"kind": "danced"', "value", "kind"),
        ('"kind": ""', "required", "kind"),
        (f'"kind": "{"x" * 33}"', "too-long", "kind"),
        ('"event": ""', "required", "event"),
        ('"event": "a\\u0000b"', "control-character", "event"),
        (f'"event": "{"x" * 201}"', "too-long", "event"),
        ('"lead_id": "x"', "unknown-field", "lead_id"),
        ('"occurred_at": "yesterday"', "timestamp", "occurred_at"),
        ('"occurred_at": "2099-01-01T00:00:00Z"', "timestamp", "occurred_at"),
        ('"occurred_at": "2001-01-01T00:00:00Z"', "timestamp", "occurred_at"),
        ('"properties": []', "type", "properties"),
        ('"properties": null', "type", "properties"),
        (f'"properties": {{"email": "{PERSON}"}}', "unknown-field", "properties/email"),
        (f'"properties": {{"name": "{PERSON}"}}', "unknown-field", "properties/name"),
        ('"properties": {"page": {"path": "/"}}', "type", "properties/page"),
        ('"properties": {"page": true}', "type", "properties/page"),
        ('"properties": {"campaign": NaN}', "out-of-range", "properties/campaign"),
        (f'"properties": {{"title": "{"x" * (LONGEST + 1)}"}}', "too-long", "properties/title"),
        ('"properties": {"title": "to jane.doe@example.com"}', "value", "properties/title"),
        ('"properties": {"mail": "jane.doe@example.com"}', "value", "properties/mail"),
        ('"event": "open-jane.doe@example.com"', "value", "event"),
        ('"properties": {"url": "https://x.example/u/jane%40example.com"}', "value", "properties/url"),
        ('"properties": {"delivered_at": "today"}', "timestamp", "properties/delivered_at"),
        ('"properties": {"delivered_at": 1700000000}', "timestamp", "properties/delivered_at"),
    ],
)
def test_what_cannot_be_taken(place: Place, lead: str, added: str, code: str, pointer: str) -> None:
    rest = {name: value for name, value in event().items() if f'"{name}"' not in added}
    body = f"{json.dumps(rest)[:-1]}, {added}}}".encode()
    found = told(tell(place, lead, body), 422, code, f"#/{pointer}")
    assert "jane" not in json.dumps(found)
    within = b'{"events": [' + body[:-1] + f', "lead": "{lead}"'.encode() + b"}]}"
    many = place.call("POST", "/v1/engagements", place.workplace.secret, {"Content-Type": JSON}, content=within)
    told(many, 422, code, f"#/events/0/{pointer}")
    assert kept(place, lead) == []


def test_the_refusals_name_the_remedy(place: Place, lead: str) -> None:
    of_a_kind = tell(place, lead, event("danced")).json()["detail"]
    assert "page_view" in of_a_kind
    assert "unsubscribed" in of_a_kind
    of_a_property = tell(place, lead, event(properties={"visitor": "x"})).json()["detail"]
    assert all(name in of_a_property for name in ("visitor", *PROPERTIES))


def test_what_links_carry_of_a_person_is_not_kept(place: Place, lead: str) -> None:
    secret = f"https://jane:pw@www.example.com/offer/7?email={PERSON}&token={PERSON}#{PERSON}"
    sent = {"url": secret, "page": f"/a?{PERSON}", "mail": "<20261120.7@mail.example.com>"}
    assert tell(place, lead, event("mail_clicked", properties=sent)).status_code == 202
    [one] = kept(place, lead)
    expected = {"mail": sent["mail"], "url": "https://www.example.com/offer/7", "page": "/a"}
    assert one["properties"] == expected
    [(row,)] = place.rows("SELECT properties FROM engagements WHERE lead = ?", lead)
    assert PERSON not in row


def test_the_id_of_a_mail_is_not_the_leads_own_address(place: Place) -> None:
    lead = nurtured(place, "ada.own@example.com")
    for address in ("<ada.own@example.com>", "<Ada.Own+news@example.com>"):
        sent = event("mail_clicked", properties={"mail": address})
        told(tell(place, lead, sent), 422, "value", "#/properties/mail")
        told(tell_many(place, [sent | {"lead": lead}]), 422, "value", "#/events/0/properties/mail")
    assert kept(place, lead) == []
    assert tell(place, lead, event("mail_clicked", properties={"mail": "<7@example.com>"})).status_code == 202


def test_some_of_many_are_wrong_and_hold_up_no_other(place: Place) -> None:
    leads = [nurtured(place) for _ in range(3)]
    events = [event(name=f"many-{number}", lead=leads[number % 3]) for number in range(300)]
    events[17] |= {"kind": "danced"}
    events[200] |= {"lead": "ld_00000000-0000-7000-8000-000000000000"}
    events[211] |= {"event": "many-1"}
    answer = tell_many(place, events)
    assert answer.status_code == 207
    results = answer.json()["results"]
    wrong = {number: (one["status"], one["lead"]) for number, one in enumerate(results) if one["errors"]}
    assert wrong == {17: (422, leads[2]), 200: (422, None), 211: (409, leads[1])}
    assert sum(len(kept(place, lead)) for lead in leads) == 297
    right = [one for number, one in enumerate(events) if number not in wrong]
    again = tell_many(place, right)
    assert (again.status_code, {one["status"] for one in again.json()["results"]}) == (202, {200})


def test_only_a_key_of_the_scope_tells_them_and_it_does_nothing_else(place: Place, lead: str) -> None:
    for path in (f"/v1/leads/{lead}/engagements", "/v1/engagements"):
        told(place.call("POST", path, place.bound, {"Origin": PAGE}, json=event()), 403, "scope")
    ledger = open_ledger(place.workplace.database)
    key, of_sales = (create_key(ledger, "sk", scopes=[scope]) for scope in ("engagements", "outcomes"))
    ledger.close()
    assert place.call("POST", f"/v1/leads/{lead}/engagements", key, json=event()).status_code == 202
    told(place.call("POST", f"/v1/leads/{lead}/engagements", of_sales, json=event()), 403, "scope")
    told(place.call("POST", f"/v1/leads/{lead}/outcomes", key, json=event()), 403, "scope")


def test_a_scanners_clicks_are_told_as_what_they_are(place: Place, lead: str) -> None:
    mail = {"mail": "m", "delivered_at": datetime.now(UTC).isoformat()}
    clicks = [event("mail_clicked", properties=mail | {"url": f"/{number}"}) for number in range(3)]
    for one in [*clicks, event("unsubscribed", properties=mail), event("reply")]:
        assert tell(place, lead, one).status_code == 202
    assert [one["counts"] for one in kept(place, lead)] == [False] * 4 + [True]


def test_who_unsubscribed_is_looked_at_by_a_person_instead(place: Place) -> None:
    lead = nurtured(place, "unsubscribed@example.com")
    assert tell(place, lead, event("unsubscribed")).status_code == 202
    again = place.send({"email": "unsubscribed@example.com", "country": "FR", "budget": 3}).json()
    assert (again["lead"], again["route"]) == (lead, "review")
    ledger = open_ledger(place.workplace.database)
    made = decision_by_id(ledger, again["decision"])
    assert made is not None
    assert made.ruled_by == "consent"
    assert Replay(ledger).differences(made) == []
    ledger.close()


def test_what_a_person_did_is_exported_and_erased_with_them(place: Place) -> None:
    lead = nurtured(place, "gone@example.com")
    assert tell(place, lead, event("download", "asked", properties={"title": "Guide"})).status_code == 202
    exported = place.call("POST", "/v1/people/export", place.workplace.secret, json={"person": "gone@example.com"})
    assert [one["properties"] for one in exported.json()["leads"][0]["engagements"]] == [{"title": "Guide"}]
    erased = place.call("POST", "/v1/people/erase", place.workplace.secret, json={"person": "gone@example.com"})
    assert erased.status_code == 202
    assert place.rows("SELECT count(*) FROM engagements WHERE lead = ?", lead) == [(0,)]
    assert tell(place, lead, event()).json()["type"] == "/problems/unknown-lead"


def test_the_story_of_a_lead_tells_what_it_did(
    place: Place, lead: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered = {"mail": "m", "url": "/offer", "delivered_at": datetime.now(UTC).isoformat()}
    for one in (
        event("pricing_page", seconds=-3, properties={"page": "/pricing"}),
        event("mail_clicked", seconds=-2, properties=delivered),
        event("unsubscribed", seconds=-1),
    ):
        assert tell(place, lead, one).status_code == 202
    monkeypatch.setenv("ACCORD_HOME", str(place.workplace.home))
    assert main(["lead", lead]) == 0
    printed = capsys.readouterr().out
    assert "Pricing page seen: /pricing\n" in printed
    assert "Link in a mail clicked: /offer; counts nothing, since it looks like a mail scanner's\n" in printed
    assert "Unsubscribed; it may not be mailed from now on\n" in printed


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    """For what the database has a say in."""
    opened = Office(database, TEN, SALES + people("anna"))
    yield opened
    opened.close()


def of(office: Office, lead: str, name: str, kind: str = "page_view", **properties: str) -> Engagement:
    return Engagement(lead, name, kind, office.now, office.now, properties, office.key.id)


def test_engagements_are_told_once_on_either_database(office: Office) -> None:
    lead, other = office.send(), office.send()
    first = of(office, lead, "a", page="/ü")
    assert [one.wrong for one in tell_all(office.intake, [first, of(office, other, "a")])] == [None, None]
    office.now += MINUTE
    assert [one.replayed for one in tell_all(office.intake, [first, of(office, lead, "b")])] == [True, False]
    with office.ledger.reading() as connection:
        assert engagements_of(connection, lead) == [first, of(office, lead, "b")]
        assert engagements_of(connection, lead, TEN) == [first]
    story = lead_story(office.ledger, lead)
    assert story is not None
    assert [one.event for one in story.engagements] == ["a", "b"]


def test_sales_gives_nobody_back_to_marketing_who_unsubscribed(office: Office) -> None:
    asked, ended, scanned = (office.send() for _ in range(3))
    office.now += MINUTE
    told = [of(office, ended, "u", "unsubscribed", mail="m")]
    told += [of(office, scanned, "u", "unsubscribed", mail="m"), of(office, scanned, "c", "mail_clicked", mail="m")]
    assert [one.wrong for one in tell_all(office.intake, told)] == [None] * 3
    office.now += 3 * MINUTE
    for lead in (asked, ended, scanned):
        office.tell(lead, "rejected")
    routes = []
    for lead in (asked, ended, scanned):
        story = lead_story(office.ledger, lead)
        assert story is not None
        routes.append(story.decisions[-1].route)
    assert routes == ["nurture", "sales", "nurture"]


def test_what_a_lead_did_goes_with_it_and_does_not_prolong_how_long_it_is_kept(office: Office) -> None:
    lead = office.send()
    sent_at = office.now
    office.now += timedelta(days=400)
    assert tell_all(office.intake, [of(office, lead, "late")])[0].wrong is None
    with office.ledger.transaction() as connection:
        assert expired(connection, sent_at + timedelta(days=1)) == [lead]
        erase_leads(connection, [lead], office.now)
        assert engagements_of(connection, lead) == []

"""What sales tells of leads: rows 58 to 65 of the table of bad input, and what it does to the lead."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from benchmarks.reliability.workplace import laid_out, serving
from leads.ledger import EVENTS, add_receiver, create_key, open_ledger
from serving.feedback import outcomes
from tests.serving.conftest import AGREEMENT
from tests.serving.test_bad_input import JSON, PAGE, Place, told

TEAM = """
[[sales.people]]
name = "Eve"
[privacy]
mail_consent = "mail_allowed"
[form.fields.email]"""
NUMBERS = count(1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    agreement = AGREEMENT.replace("[form.fields.email]", TEAM.strip())
    home = tmp_path_factory.mktemp("outcomes") / "home"
    workplace = laid_out(home, agreement=agreement, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
    ledger = open_ledger(workplace.database)
    bound = create_key(ledger, "pk", [PAGE], rate="1000000/minute")
    with ledger.transaction() as connection:
        add_receiver(connection, "https://crm.example.com/hook", datetime.now(UTC), EVENTS)
        add_receiver(connection, "https://other.example.com/hook", datetime.now(UTC))
    ledger.close()
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Place(workplace, bound, client)


@pytest.fixture
def lead(place: Place) -> str:
    return sales_lead(place)


def sales_lead(place: Place, **form: Any) -> str:
    email = f"lead{next(NUMBERS)}@example.com"
    decision = place.send({"email": email, "country": "DE", "mail_allowed": True} | form).json()
    assert decision["route"] == "sales"
    return str(decision["lead"])


def event(type: str = "accepted", name: str | None = None, seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    """An outcome of just now, give or take seconds within the minute that clocks may differ."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"event": name or f"e{next(NUMBERS)}", "type": type, "occurred_at": at.isoformat()} | more


def tell(place: Place, lead: str, body: Mapping[str, Any] | bytes) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    typed = {"Content-Type": JSON}
    return place.call("POST", f"/v1/leads/{lead}/outcomes", place.workplace.secret, typed, content=content)


def tell_many(place: Place, events: object) -> httpx2.Response:
    return place.call("POST", "/v1/outcomes", place.workplace.secret, json={"events": events})


def taken(answer: httpx2.Response, state: str) -> None:
    assert (answer.status_code, answer.json()["state"]) == (202, state), answer.text


def standing(place: Place, lead: str) -> tuple[bool, bool]:
    """Whether it was answered, and whether it has ended for sales."""
    [row] = place.rows("SELECT answered_at, ended_at FROM assignments WHERE lead = ?", lead)
    return row[0] is not None, row[1] is not None


@pytest.mark.parametrize("unknown", ["ld_00000000-0000-7000-8000-000000000000", "1", "dc_1", "x" * 2000])
def test_58_an_unknown_lead(place: Place, unknown: str) -> None:
    body = tell(place, unknown, event()).json()
    assert (body["status"], body["type"]) == (422, "/problems/unknown-lead")
    assert body["errors"] == [{"parameter": "lead", "code": "unknown-lead", "detail": body["detail"]}]
    told(tell_many(place, [event(lead=unknown)]), 422, "unknown-lead", "#/events/0/lead")


def test_58_an_erased_lead_is_unknown(place: Place) -> None:
    lead = sales_lead(place, email="gone@example.com")
    taken(tell(place, lead, event()), "accepted")
    erased = place.call("POST", "/v1/people/erase", place.workplace.secret, json={"person": "gone@example.com"})
    assert erased.status_code == 202
    assert tell(place, lead, event()).json()["type"] == "/problems/unknown-lead"
    assert place.rows("SELECT count(*) FROM outcomes WHERE lead = ?", lead) == [(0,)]


def test_59_the_same_event_again_changes_nothing_and_another_one_is_refused(place: Place, lead: str) -> None:
    first = event("rejected", "59", reason="not-now", value=3)
    taken(tell(place, lead, first), "rejected")
    in_another_zone = datetime.fromisoformat(first["occurred_at"]).astimezone(None).isoformat()
    for same in (first, first | {"value": 3.0}, first | {"occurred_at": in_another_zone}):
        again = tell(place, lead, same)
        assert (again.status_code, again.json()["state"]) == (200, "rejected")
        assert again.headers["Idempotency-Replayed"] == "true"
    for other in ({"reason": "other"}, {"value": 4}, {"type": "lost"}, {"occurred_at": event()["occurred_at"]}):
        told(tell(place, lead, first | other), 409, "event-conflict", "#/event")
    assert len(place.story(lead)["outcomes"]) == 1
    taken(tell(place, sales_lead(place), first | event("lost", "59")), "lost")  # another lead has ids of its own


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_60_events_may_come_in_any_order(place: Place, lead: str, order: tuple[int, ...]) -> None:
    told = [event("contacted", "a", 0), event("lost", "b", 1), event("converted", "c", 2, value=4000)]
    for place_in_time in order:
        answer = tell(place, lead, told[place_in_time])
        assert answer.status_code == 202
    story = place.story(lead)
    assert (answer.json()["state"], story["state"]) == ("converted", "converted")
    assert [one["type"] for one in story["outcomes"]] == ["contacted", "lost", "converted"]
    assert standing(place, lead) == (True, True)


@pytest.mark.parametrize(
    "moment",
    [
        lambda now: (now - 2 * HOUR).isoformat(),
        lambda now: (now - timedelta(seconds=75)).isoformat(),
        lambda now: (now + timedelta(seconds=75)).isoformat(),
        lambda now: now.replace(tzinfo=None).isoformat(),
        lambda now: f"{now.date()}",
        lambda now: "10000-01-01T00:00:00Z",
        lambda now: "0001-01-01T00:00:00+14:00",
        lambda now: "2026-02-30T00:00:00Z",
        lambda now: "yesterday",
        lambda now: "",
    ],
    ids=[
        "61 before the lead",
        "61 over a minute before",
        "61 over a minute ahead",
        "no zone",
        "a day",
        "year 10000",
        "year 0",
        "no such day",
        "words",
        "nothing",
    ],
)
def test_61_a_time_that_cannot_be_right(place: Place, lead: str, moment: Any) -> None:
    wrong = event() | {"occurred_at": moment(datetime.now(UTC))}
    told(tell(place, lead, wrong), 422, "timestamp", "#/occurred_at")
    told(tell_many(place, [wrong | {"lead": lead}]), 422, "timestamp", "#/events/0/occurred_at")
    assert place.story(lead)["outcomes"] == []


@pytest.mark.parametrize("seconds", [-45, 45], ids=["61 a little before", "61 a little ahead"])
def test_61_clocks_may_differ_by_a_minute(place: Place, lead: str, seconds: float) -> None:
    taken(tell(place, lead, event(seconds=seconds)), "accepted")


@pytest.mark.parametrize(
    ("added", "code", "field"),
    [
        ('"value": NaN', "out-of-range", "value"),
        ('"value": 1e400', "out-of-range", "value"),
        ('"value": -0.01', "out-of-range", "value"),
        ('"value": 1e16', "out-of-range", "value"),
        ('"value": "12"', "type", "value"),
        ('"value": true', "type", "value"),
        ('"value": {"amount": 5, "currency": "JPY"}', "type", "value"),
        ('"currency": "XYZ"', "unknown-field", "currency"),
        ('"reason": "no budget"', "value", "reason"),
        ('"type": "won"', "value", "type"),
        ('"event": ""', "required", "event"),
        ('"event": 7', "type", "event"),
        (f'"event": "{"x" * 201}"', "too-long", "event"),
        ('"event": "a\\u0000b"', "control-character", "event"),
        ('"occurred_at": 1700000000', "type", "occurred_at"),
        ('"type": "rejected"', "required", "reason"),
        ('"type": "rejected", "reason": null', "required", "reason"),
    ],
)
def test_62_a_value_that_cannot_be_right(place: Place, lead: str, added: str, code: str, field: str) -> None:
    rest = {name: value for name, value in event("converted").items() if f'"{name}"' not in added}
    body = f"{json.dumps(rest)[:-1]}, {added}}}".encode()
    told(tell(place, lead, body), 422, code, f"#/{field}")
    within = b'{"events": [' + body[:-1] + f', "lead": "{lead}"'.encode() + b"}]}"
    many = place.call("POST", "/v1/outcomes", place.workplace.secret, {"Content-Type": JSON}, content=within)
    told(many, 422, code, f"#/events/0/{field}")


@pytest.mark.parametrize("name", ["event", "type", "occurred_at"])
def test_62_what_must_be_given(place: Place, lead: str, name: str) -> None:
    told(tell(place, lead, {key: value for key, value in event().items() if key != name}), 422, "required", f"#/{name}")


def test_62_what_a_lead_that_converted_is_worth(place: Place, lead: str) -> None:
    taken(tell(place, lead, event("converted", value=0)), "converted")
    taken(tell(place, lead, event("converted", value=1e15)), "converted")
    taken(tell(place, lead, event("converted")), "converted")
    assert [one["value"] for one in place.story(lead)["outcomes"]] == [0, 1e15, None]


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 422, "required", "#/events"),
        ({"events": []}, 422, "value", "#/events"),
        ({"events": {}}, 422, "type", "#/events"),
        ({"events": [1]}, 422, "object-expected", "#/events/0"),
        ({"events": [{}], "more": 1}, 422, "unknown-field", "#/more"),
        ([], 422, "object-expected", "#"),
        ({"events": [{"event": "x"}] * 1_001}, 413, "body-too-large", "#/events"),
        ({"events": ["x" * 1_048_576]}, 413, "body-too-large", None),
    ],
    ids=["nothing", "none", "no list", "no object", "more", "a list", "63 1,001 events", "63 over a megabyte"],
)
def test_63_a_batch_that_cannot_be_read(
    place: Place, body: object, status: int, code: str, pointer: str | None
) -> None:
    told(place.call("POST", "/v1/outcomes", place.workplace.secret, json=body), status, code, pointer)


def test_63_some_of_500_are_wrong_and_hold_up_no_other(place: Place) -> None:
    leads = [sales_lead(place) for _ in range(5)]
    events = [event(name=f"63-{number}", lead=leads[number % 5]) for number in range(500)]
    events[17] |= {"type": "converted", "value": -1}
    events[200] |= {"lead": "ld_00000000-0000-7000-8000-000000000000"}
    events[311] |= {"occurred_at": (datetime.now(UTC) + HOUR).isoformat()}
    answer = tell_many(place, events)
    assert answer.status_code == 207
    results = answer.json()["results"]
    wrong = {number: result for number, result in enumerate(results) if result["errors"]}
    assert {number: (one["status"], one["errors"][0]["code"]) for number, one in wrong.items()} == {
        17: (422, "out-of-range"),
        200: (422, "unknown-lead"),
        311: (422, "timestamp"),
    }
    assert [one["errors"][0]["pointer"] for one in wrong.values()] == [
        "#/events/17/value",
        "#/events/200/lead",
        "#/events/311/occurred_at",
    ]
    assert {one["status"] for number, one in enumerate(results) if number not in wrong} == {202}
    assert [one["lead"] for one in results[:3]] == leads[:3]
    assert sum(len(place.story(lead)["outcomes"]) for lead in leads) == 497
    del events[311], events[200], events[17]
    again = tell_many(place, events)
    assert (again.status_code, {one["status"] for one in again.json()["results"]}) == (202, {200})


def test_63_a_thousand_at_once(place: Place) -> None:
    leads = [sales_lead(place) for _ in range(3)]
    events = [event("contacted", f"1000-{number}", lead=leads[number % 3]) for number in range(1_000)]
    answer = tell_many(place, events)
    assert answer.status_code == 202, answer.text[:500]
    assert [one["state"] for one in answer.json()["results"]] == ["contacted"] * 1_000


def test_63_the_same_event_twice_in_one_batch(place: Place, lead: str) -> None:
    first = event("accepted", "twice", lead=lead)
    results = tell_many(place, [first, first, first | {"type": "lost"}]).json()["results"]
    assert [one["status"] for one in results] == [202, 200, 409]
    assert results[2]["errors"][0]["pointer"] == "#/events/2/event"


def test_64_a_publishable_key_tells_no_outcomes(place: Place, lead: str) -> None:
    for path in (f"/v1/leads/{lead}/outcomes", "/v1/outcomes"):
        told(place.call("POST", path, place.bound, {"Origin": PAGE}, json=event("converted")), 403, "scope")


def test_65_training_takes_no_conversions_of_a_key_that_tells_too_many(place: Place) -> None:
    ledger = open_ledger(place.workplace.database)
    key = create_key(ledger, "sk", scopes=["outcomes"], rate="1000000/minute")
    ledger.close()
    leads = [sales_lead(place) for _ in range(2)]

    def told_by_it(number: int) -> None:
        answer = place.call(
            "POST",
            "/v1/outcomes",
            key,
            json={"events": [event("converted", lead=leads[one % 2]) for one in range(number)]},
        )
        assert answer.status_code == 202

    def left_out() -> list[tuple[Any, ...]]:
        return place.rows("SELECT left_out, count(*) FROM outcomes WHERE key = ? GROUP BY 1", key[:11])

    told_by_it(outcomes.MOST_CONVERSIONS)
    assert left_out() == [(0, outcomes.MOST_CONVERSIONS)]
    told_by_it(2)
    assert left_out() == [(1, outcomes.MOST_CONVERSIONS + 2)]
    taken(tell(place, leads[0], event("converted", "of another key")), "converted")
    assert place.rows("SELECT left_out FROM outcomes WHERE event = 'of another key'") == [(0,)]
    metrics = place.call("GET", "/metrics", place.workplace.secret).text
    assert 'accord_outcomes_total{training="left-out",type="converted"} 2.0' in metrics


def test_a_key_with_the_scope_outcomes_does_nothing_else(place: Place, lead: str) -> None:
    ledger = open_ledger(place.workplace.database)
    key = create_key(ledger, "sk", scopes=["outcomes"])
    ledger.close()
    assert place.call("POST", f"/v1/leads/{lead}/outcomes", key, json=event()).status_code == 202
    told(place.call("GET", f"/v1/leads/{lead}", key), 403, "scope")


@pytest.mark.parametrize("type", ["accepted", "contacted", "meeting"])
def test_an_answer_quiets_the_clock(place: Place, lead: str, type: str) -> None:
    assert standing(place, lead) == (False, False)
    taken(tell(place, lead, event(type)), type)
    assert standing(place, lead) == (True, False)
    assert place.rows("SELECT next_step, next_at FROM assignments WHERE lead = ?", lead) == [(None, None)]
    assert [step["kind"] for step in place.story(lead)["steps"]][-1:] == ["answered"]


@pytest.mark.parametrize("type", ["converted", "lost"])
def test_an_end_ends_it_for_sales_until_it_is_opened_again(place: Place, lead: str, type: str) -> None:
    taken(tell(place, lead, event(type, seconds=-2)), type)
    assert standing(place, lead) == (True, True)
    assert place.story(lead)["steps"][-1]["kind"] == "ended"
    taken(tell(place, lead, event("reopened")), "open")
    assert standing(place, lead) == (False, False)  # nobody has it, so it waits in the queue
    assert [decision["cause"] for decision in place.story(lead)["decisions"]] == ["submission"]


def test_an_old_event_that_comes_late_changes_nothing_for_the_lead(place: Place, lead: str) -> None:
    taken(tell(place, lead, event("lost")), "lost")
    steps = place.story(lead)["steps"]
    taken(tell(place, lead, event("contacted", seconds=-5)), "lost")
    assert place.story(lead)["steps"] == steps


def test_a_rejected_lead_goes_to_marketing_and_back(place: Place, lead: str) -> None:
    taken(tell(place, lead, event("rejected", seconds=-3, reason="not-now")), "rejected")
    story = place.story(lead)
    newest = story["decisions"][-1]
    assert (newest["cause"], newest["route"], newest["owner"]) == ("rejected", "nurture", "marketing")
    assert newest["note"] == "sales rejected it: not-now"
    assert newest["probability"] == story["decisions"][0]["probability"]
    assert standing(place, lead) == (True, True)
    taken(tell(place, lead, event("rejected", seconds=-2, reason="other")), "rejected")
    assert len(place.story(lead)["decisions"]) == 2
    taken(tell(place, lead, event("reopened", seconds=-1)), "open")
    story = place.story(lead)
    newest = story["decisions"][-1]
    assert (newest["cause"], newest["route"]) == ("override", "sales")
    assert newest["owner"] == story["decisions"][0]["owner"]
    assert standing(place, lead)[1] is False
    taken(tell(place, lead, event("accepted")), "accepted")
    assert standing(place, lead) == (True, False)


def test_who_may_not_be_mailed_just_ends(place: Place) -> None:
    lead = sales_lead(place, mail_allowed=None)
    taken(tell(place, lead, event("rejected", seconds=-1, reason="bad-fit")), "rejected")
    assert [one["cause"] for one in place.story(lead)["decisions"]] == ["submission"]
    assert standing(place, lead) == (True, True)
    taken(tell(place, lead, event("reopened")), "open")
    assert standing(place, lead) == (False, False)  # nobody has it, so it waits in the queue


def test_a_lead_of_marketing_keeps_its_outcomes_too(place: Place) -> None:
    decision = place.send({"email": "nurtured@example.com", "country": "FR", "mail_allowed": True}).json()
    assert decision["route"] == "nurture"
    taken(tell(place, decision["lead"], event("converted", value=10)), "converted")
    story = place.story(decision["lead"])
    assert (story["state"], story["steps"], len(story["decisions"])) == ("converted", [], 1)


def test_receivers_that_want_it_are_told(place: Place, lead: str) -> None:
    sent = event("lost", "crm-7", reason="competitor")
    taken(tell(place, lead, sent), "lost")
    tell(place, lead, sent)
    found = place.rows("SELECT payload FROM messages WHERE lead = ? AND event = 'lead.outcome'", lead)
    [message] = [json.loads(payload) for (payload,) in found]
    data = message["data"]
    assert (message["type"], data["lead"], data["event"], data["state"]) == ("lead.outcome", lead, "crm-7", "lost")
    assert (data["type"], data["reason"], data["value"]) == ("lost", "competitor", None)
    assert data["key"] == place.workplace.secret[:11]


def test_the_story_and_the_export_hold_them(place: Place) -> None:
    lead = sales_lead(place, email="export@example.com")
    taken(tell(place, lead, event("meeting", "m", seconds=1)), "meeting")
    taken(tell(place, lead, event("accepted", "a")), "meeting")
    story = place.story(lead)
    assert [one["event"] for one in story["outcomes"]] == ["a", "m"]
    assert story["state"] == "meeting"
    exported = place.call("POST", "/v1/people/export", place.workplace.secret, json={"person": "export@example.com"})
    [known] = exported.json()["leads"]
    assert (known["outcomes"], known["state"]) == (story["outcomes"], "meeting")
    unsaid = place.story(sales_lead(place))
    assert (unsaid["outcomes"], unsaid["state"]) == ([], "open")


def test_many_may_tell_the_same_at_once(tmp_path: Path, database: str) -> None:
    """Also two processes that share a database, and batches that name the same leads in other orders."""
    workplace = laid_out(tmp_path / "home", database, AGREEMENT.replace("[form.fields.email]", TEAM.strip()))
    both = [workplace] if database.startswith("sqlite") else [workplace, replace(workplace)]
    with ExitStack() as ends:
        client = ends.enter_context(httpx2.Client(timeout=20))
        places = [Place(ends.enter_context(serving(one)), "", client) for one in both]
        leads = [sales_lead(places[0]) for _ in range(5)]
        types = (("accepted", {}), ("rejected", {"reason": "not-now"}), ("reopened", {}), ("meeting", {}))
        events = [
            event(type, f"{lead}{number}", number - 10, lead=lead, **more)
            for lead in leads
            for number, (type, more) in enumerate(types)
        ]
        draw = Random(20_261_123)
        shuffled = [draw.sample(events, len(events)) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(tell_many, places * (8 // len(places)), shuffled))
        assert {answer.status_code for answer in answers} == {202}
        statuses = [result["status"] for answer in answers for result in answer.json()["results"]]
        assert (statuses.count(202), statuses.count(200)) == (len(events), 7 * len(events))
        for lead in leads:
            story = places[0].story(lead)
            assert (story["state"], len(story["outcomes"]), story["decisions"][-1]["route"]) == ("meeting", 4, "sales")
            assert story["standing"]["next_step"] is None

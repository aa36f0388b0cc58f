"""Receivers over HTTP, and a lead's way from the form to them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from leads.ledger import USUAL_EVENTS, create_key, open_ledger
from tests.serving.conftest import Service, laid_out, start, stop
from tests.serving.delivery.conftest import LOOPBACK, Listener, until

ROOT = Path(__file__).parents[3]
FORM = {"email": "jane@example.com", "country": "DE", "message": "A question\nof two lines"}
OPEN = {"ACCORD_RECEIVER_NETWORKS": LOOPBACK}
FACTS = {
    "endpoint",
    "url",
    "events",
    "label",
    "created_at",
    "disabled_at",
    "disabled_why",
    "last_success",
    "due",
    "dead",
}


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One process whose own network is loopback."""
    running = start(laid_out(tmp_path_factory.mktemp("open") / "home"), **OPEN)
    yield running
    for endpoint in running.call("GET", "/v1/endpoints", running.secret).json()["endpoints"]:
        running.call("DELETE", f"/v1/endpoints/{endpoint['endpoint']}", running.secret)
    stop(running)


@pytest.fixture
def asking(open_service: Any) -> Callable[..., Any]:
    def ask(method: str, path: str, **more: Any) -> Any:
        return open_service.call(method, f"/v1/{path}", open_service.secret, **more)

    return ask


def code_of(answer: Any) -> tuple[int, str, str | None]:
    body = answer.json()
    places = body.get("errors")
    return answer.status_code, body["type"].removeprefix("/problems/"), places[0]["pointer"] if places else None


def test_a_lead_is_told_to_its_receivers_at_once(open_service: Any, asking: Any, listener: Listener) -> None:
    made = asking("POST", "endpoints", json={"url": listener.url, "label": "CRM"})
    assert made.status_code == 201
    assert set(made.json()) == FACTS | {"secret"}
    lead = open_service.send(FORM).json()
    (heard,) = until(lambda: listener.heard)
    told = Webhook(made.json()["secret"]).verify(heard.body, heard.headers)
    assert (told["type"], told["data"]["lead"], told["data"]["form"]) == ("lead.decided", lead["lead"], FORM)
    assert {name: told["data"][name] for name in lead} == lead
    endpoint = f"endpoints/{made.json()['endpoint']}"
    known = until(lambda: (found := asking("GET", endpoint).json())["last_success"] and found)
    assert set(known) == FACTS
    assert (known["due"], known["dead"], known["events"]) == (0, 0, list(USUAL_EVENTS))
    (delivery,) = asking("GET", "deliveries?state=delivered&limit=1").json()["deliveries"]
    assert (delivery["message"], delivery["attempts"], delivery["last_status"]) == (heard.id, 1, 200)
    assert "jane@example.com" not in asking("GET", "deliveries").text
    assert asking("DELETE", endpoint).status_code == 204
    assert code_of(asking("GET", endpoint)) == (404, "not-found", None)


def test_a_receiver_is_tested_rolled_disabled_enabled_and_changed(asking: Any, listen: Callable[[], Listener]) -> None:
    first, second = listen(), listen()
    made = asking("POST", "endpoints", json={"url": first.url, "events": ["lead.erased"]}).json()
    place = f"endpoints/{made['endpoint']}"
    message = asking("POST", f"{place}/test").json()["message"]
    (heard,) = until(lambda: first.heard)
    assert heard.id == message
    assert Webhook(made["secret"]).verify(heard.body, heard.headers)["type"] == "endpoint.test"

    rolled = asking("POST", f"{place}/roll", json={"overlap_hours": 1}).json()
    assert set(rolled) == {"endpoint", "secret", "old_secret_until"}
    asking("POST", f"{place}/test")
    heard = until(lambda: first.heard[1:])[0]
    for secret in (made["secret"], rolled["secret"]):
        Webhook(secret).verify(heard.body, heard.headers)

    last = asking("POST", f"{place}/roll", json={"overlap_hours": 0}).json()["secret"]
    changed = asking("PATCH", place, json={"url": second.url, "label": "new", "events": ["lead.decided"]}).json()
    assert (changed["url"], changed["label"], changed["events"]) == (second.url, "new", ["lead.decided"])
    asking("POST", f"{place}/test")
    (heard,) = until(lambda: second.heard)
    Webhook(last).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(rolled["secret"]).verify(heard.body, heard.headers)

    disabled = asking("PATCH", place, json={"disabled": True}).json()
    assert disabled["disabled_why"] == "It was disabled by hand."
    assert code_of(asking("POST", f"{place}/test")) == (409, "endpoint-disabled", None)
    assert asking("PATCH", place, json={"disabled": False}).json()["disabled_at"] is None
    assert asking("POST", f"{place}/test").status_code == 202
    assert asking("POST", f"{place}/roll").status_code == 200  # a body is not needed


def test_secrets_are_shown_at_creation_and_roll_alone(asking: Any) -> None:
    made = asking("POST", "endpoints", json={"url": "https://crm.example.com/", "events": ["lead.erased"]}).json()
    for shown in (asking("GET", "endpoints"), asking("GET", f"endpoints/{made['endpoint']}")):
        assert "whsec_" not in shown.text


def test_a_delivered_message_can_be_sent_again_and_a_cancelled_one_not(asking: Any, listener: Listener) -> None:
    made = asking("POST", "endpoints", json={"url": listener.url}).json()
    message = asking("POST", f"endpoints/{made['endpoint']}/test").json()["message"]
    until(lambda: listener.heard)
    until(lambda: asking("GET", f"endpoints/{made['endpoint']}").json()["last_success"])
    assert asking("POST", f"deliveries/{message}/replay").status_code == 202
    until(lambda: len(listener.heard) == 2)
    assert {heard.id for heard in listener.heard} == {message}
    asking("DELETE", f"endpoints/{made['endpoint']}")
    assert code_of(asking("POST", f"deliveries/{message}/replay")) == (409, "not-replayable", None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"url": "http://crm.example.com/"}, "url-scheme"),
        ({"url": "ftp://crm.example.com/"}, "url-scheme"),
        ({"url": "file:///etc/passwd"}, "url-scheme"),
        ({"url": "https://user:pw@h.example.com/"}, "url-userinfo"),
        ({"url": "https://h.example.com:22/"}, "url-port"),
        ({"url": "https://127.0.0.1/"}, "url-not-public"),
        ({"url": "https://127.1/"}, "url-not-public"),
        ({"url": "https://0x7f000001/"}, "url-not-public"),
        ({"url": "https://2130706433/"}, "url-not-public"),
        ({"url": "https://[::1]/"}, "url-not-public"),
        ({"url": "https://169.254.169.254/"}, "url-not-public"),
        ({"url": "https://10.1.2.3/"}, "url-not-public"),
        ({"url": "https://100.64.0.1/"}, "url-not-public"),
        ({"url": "https://[64:ff9b::a9fe:a9fe]/"}, "url-not-public"),
        ({"url": "https://[2002:a9fe:a9fe::]/"}, "url-not-public"),
        ({"url": "https://224.0.0.1/"}, "url-not-public"),
        ({"url": "nonsense"}, "url-format"),
        ({"url": 5}, "type"),
        ({"url": None}, "type"),
        ({}, "required"),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value),
)
def test_a_url_that_may_not_be_is_a_problem_at_its_place(service: Any, body: Any, expected: str) -> None:
    answer = service.call("POST", "/v1/endpoints", service.secret, json=body)
    assert code_of(answer) == (422, expected, "#/url")
    if isinstance(body.get("url"), str):
        assert body["url"] not in answer.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"events": []}, ("value", "#/events")),
        ({"events": "lead.decided"}, ("type", "#/events")),
        ({"events": ["lead.decided", "lead.lost"]}, ("value", "#/events/1")),
        ({"label": "x" * 201}, ("too-long", "#/label")),
        ({"label": 1}, ("type", "#/label")),
        ({"secret": "whsec_x"}, ("unknown-field", "#/secret")),
        ({"receiver": "x"}, ("unknown-field", "#/receiver")),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_other_parts_of_a_receiver_are_read_strictly_too(service: Any, body: Any, expected: Any) -> None:
    whole = {"url": "https://crm.example.com/"} | body
    assert code_of(service.call("POST", "/v1/endpoints", service.secret, json=whole)) == (422, *expected)


@pytest.mark.parametrize("body", [{"disabled": "yes"}, {"disabled": None}, {"id": "x"}, {"url": "http://x.example"}])
def test_a_change_is_read_strictly_too(service: Any, body: Any) -> None:
    made = service.call("POST", "/v1/endpoints", service.secret, json={"url": "https://crm.example.com/"}).json()
    place = f"/v1/endpoints/{made['endpoint']}"
    assert service.call("PATCH", place, service.secret, json=body).status_code == 422
    assert service.call("PATCH", place, service.secret, json={}).json()["url"] == "https://crm.example.com/"
    assert service.call("POST", f"{place}/roll", service.secret, json={"overlap_hours": -1}).status_code == 422
    assert service.call("POST", f"{place}/roll", service.secret, json={"overlap_hours": 1e300}).status_code == 422
    service.call("DELETE", place, service.secret)


@pytest.mark.parametrize("name", ["ep_00000000-0000-0000-0000-000000000000", "1", "..%2f1", "x" * 2_000])
def test_an_unknown_receiver_or_message_is_not_found(service: Any, name: str) -> None:
    for method, path, body in [
        ("GET", f"endpoints/{name}", None),
        ("DELETE", f"endpoints/{name}", None),
        ("PATCH", f"endpoints/{name}", {}),
        ("POST", f"endpoints/{name}/roll", {}),
        ("POST", f"endpoints/{name}/test", None),
        ("POST", f"deliveries/{name}/replay", None),
    ]:
        answer = service.call(method, f"/v1/{path}", service.secret, json=body)
        assert code_of(answer)[:2] == (404, "not-found")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1e9",
        "limit=abc",
        "limit=501",
        "limit=",
        "state=lost",
        "state=",
        "after=1",
        "sort=x",
    ],
)
def test_a_wrong_parameter_of_the_list_is_a_problem(service: Any, query: str) -> None:
    assert code_of(service.call("GET", f"/v1/deliveries?{query}", service.secret)) == (422, "parameter", None)


def test_pages_of_deliveries(asking: Any, listener: Listener) -> None:
    made = asking("POST", "endpoints", json={"url": listener.url}).json()
    sent = [asking("POST", f"endpoints/{made['endpoint']}/test").json()["message"] for _ in range(5)]
    page = asking("GET", "deliveries?limit=2").json()
    assert [delivery["message"] for delivery in page["deliveries"]] == sent[:2:-1]
    after = asking("GET", f"deliveries?limit=2&after={page['next']}").json()
    assert [delivery["message"] for delivery in after["deliveries"]] == sent[2:0:-1]


def test_only_a_key_with_the_scope_manages_receivers(service: Any) -> None:
    ledger = open_ledger(service.database)
    reader = create_key(ledger, "sk", scopes=["leads"])
    ledger.close()
    assert code_of(service.call("GET", "/v1/endpoints", reader))[:2] == (403, "scope")
    assert code_of(service.call("GET", "/v1/endpoints", service.public))[:2] == (403, "scope")

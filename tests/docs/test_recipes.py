"""The programs of docs/recipes.md, run as the page says, between a real service and tools that answer as documented."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from socket import create_connection, socket
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from benchmarks.reliability.workplace import ROOT, Workplace, end, environment, laid_out, serving
from leads.ledger import EVENTS, add_receiver, create_key, open_ledger
from tests.docs.tools import Answer, HubSpot, Salesforce, Slack, Tool

PAGE = (ROOT / "docs" / "recipes.md").read_text()
PROGRAMS = {text.split(".py", 1)[0].removeprefix("# "): text for text in re.findall(r"```python\n(.*?)```", PAGE, re.S)}
AGREEMENT = """
[goal]
within_days = 120
value = 3000.0
[[sales.people]]
name = "Eve <north>"
hours = "Mon-Sun 00:00-24:00"
[sales]
reassignments = 1
[routing]
guard_slice = 0.0
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40.0
when = { country = ["DE", "AT"] }
[form.fields.email]
kind = "email"
[form.fields.phone]
kind = "phone"
[form.fields.name]
kind = "person"
[form.fields.company]
kind = "company"
[form.fields.country]
kind = "country"
"""
NUMBERS = count(1)


@dataclass
class Street:
    """A service, and a tool with its program for each receiver."""

    workplace: Workplace
    tools: dict[str, Tool]
    ports: dict[str, int]
    receivers: dict[str, tuple[str, str]]
    logs: Path
    client: httpx2.Client

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        url, key = f"http://127.0.0.1:{self.workplace.port}{path}", {"Authorization": f"Bearer {self.workplace.secret}"}
        return self.client.request(method, url, headers=key, **more)

    def send(self, **form: Any) -> dict[str, Any]:
        body = {"email": f"lead{next(NUMBERS)}@example.com", "country": "DE"} | form
        return dict(self.call("POST", "/v1/leads", json={name: said for name, said in body.items() if said}).json())

    def tell(self, lead: str, type: str, **more: Any) -> None:
        event = {"event": f"e{next(NUMBERS)}", "type": type, "occurred_at": datetime.now(UTC).isoformat()} | more
        assert self.call("POST", f"/v1/leads/{lead}/outcomes", json=event).status_code == 202

    def deliveries(self, name: str, event: str | None = None) -> list[dict[str, Any]]:
        """Newest first."""
        found = self.call("GET", "/v1/deliveries", params={"limit": 100}).json()["deliveries"]
        return [one for one in found if one["endpoint"] == self.receivers[name][0] and event in (None, one["event"])]

    def settled(self, name: str, lead: str) -> bool:
        """All that this receiver was sent of the lead has arrived."""
        mine = [one for one in self.deliveries(name) if one["lead"] == lead]
        return bool(mine) and all(one["state"] == "delivered" for one in mine)

    def tried(self, name: str, lead: str) -> list[dict[str, Any]]:
        return [one for one in self.deliveries(name) if one["lead"] == lead and one["attempts"]]

    def all_quiet(self, name: str) -> None:
        until(lambda: all(one["state"] == "delivered" for one in self.deliveries(name)))

    def again(self, name: str, lead: str) -> None:
        """Sends now what waits for its next attempt."""
        for one in self.deliveries(name):
            if one["lead"] == lead and one["state"] == "due":
                self.call("POST", f"/v1/deliveries/{one['message']}/replay")

    def post(self, name: str, event: dict[str, Any], message: str, secret: str | None = None) -> httpx2.Response:
        """As the service sends it, under an id of the test's choice."""
        body, at = json.dumps(event), datetime.now(UTC)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret or self.receivers[name][1]).sign(message, at, body),
        }
        return self.client.post(f"http://127.0.0.1:{self.ports[name]}/", content=body, headers=headers)

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()


def until(true: Callable[[], Any], seconds: float = 40.0) -> Any:
    stop = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < stop, "it did not come to be"
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def answers(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    place = tmp_path_factory.mktemp("recipes")
    workplace = laid_out(place / "home", agreement=AGREEMENT, more={"ACCORD_RECEIVER_NETWORKS": "127.0.0.1/32"})
    tools: dict[str, Tool] = {"slack": Slack(), "hubspot": HubSpot(), "salesforce": Salesforce()}
    ports = {name: free_port() for name in tools}
    ledger = open_ledger(workplace.database)
    key, now, receivers = create_key(ledger, "sk", scopes=["leads"]), datetime.now(UTC), {}
    with ledger.transaction() as connection:
        for name, port in ports.items():
            wanted = (*EVENTS, "endpoint.test") if name == "slack" else EVENTS
            receivers[name] = add_receiver(connection, f"http://127.0.0.1:{port}/", now, wanted)
    ledger.close()
    with ExitStack() as ends:
        for tool in tools.values():
            ends.enter_context(tool.listening())
        ends.enter_context(serving(workplace))
        secrets = {
            "ACCORD_URL": f"http://127.0.0.1:{workplace.port}",
            "ACCORD_KEY": key,
            "SLACK_WEBHOOK_URL": f"{tools['slack'].url}/services/T0/B0/secret",
            "HUBSPOT_URL": tools["hubspot"].url,
            "HUBSPOT_TOKEN": "pat-secret",
            "SALESFORCE_URL": tools["salesforce"].url,
            "SALESFORCE_CLIENT_ID": "3MV",
            "SALESFORCE_CLIENT_SECRET": "shh",
        }
        for name, port in ports.items():
            (place / f"{name}.py").write_text(PROGRAMS[name])
            log = ends.enter_context((place / f"{name}.log").open("w"))
            process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", f"{name}:app", "--port", str(port)],
                cwd=place,
                env=environment(place) | secrets | {"ACCORD_WEBHOOK_SECRET": receivers[name][1]},
                stdout=log,
                stderr=log,
            )
            ends.callback(end, process)
        until(lambda: all(map(answers, ports.values())))
        client = ends.enter_context(httpx2.Client(timeout=20))
        yield Street(workplace, tools, ports, receivers, place, client)


@pytest.fixture
def slack(street: Street) -> Slack:
    tool = street.tools["slack"]
    assert isinstance(tool, Slack)
    return tool


@pytest.fixture
def hubspot(street: Street) -> HubSpot:
    tool = street.tools["hubspot"]
    assert isinstance(tool, HubSpot)
    return tool


@pytest.fixture
def salesforce(street: Street) -> Salesforce:
    tool = street.tools["salesforce"]
    assert isinstance(tool, Salesforce)
    return tool


@pytest.mark.parametrize("name", ["slack", "hubspot", "salesforce"])
def test_only_the_service_is_heard(street: Street, name: str) -> None:
    tool = street.tools[name]
    event = {"type": "lead.decided", "timestamp": "", "data": {"lead": "ld_1", "route": "sales"}}
    before = len(tool.calls)
    forged = street.post(name, event, "msg_forged", "whsec_" + "A" * 32)
    unsigned = street.client.post(f"http://127.0.0.1:{street.ports[name]}/", json=event)
    garbage = street.client.post(
        f"http://127.0.0.1:{street.ports[name]}/",
        content=b"\xff",
        headers={"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1"},
    )
    assert [answer.status_code for answer in (forged, unsigned, garbage)] == [401] * 3
    assert len(tool.calls) == before


def test_slack_hears_of_a_lead_and_nothing_that_the_person_wrote(street: Street, slack: Slack) -> None:
    decided = street.send(name="Ada Lovelace", email="ada.lovelace@example.com")
    lead = decided["lead"]
    until(lambda: street.settled("slack", lead))
    [shown] = [text for text in slack.shown if lead in text]
    lines = shown.splitlines()
    assert lines[0].startswith("New for Eve &lt;north&gt;: band A, 31% within 120 days. Answer by 20")
    assert (lines[1], lines[-1]) == ("• Country is DE or AT: yes", lead)
    assert "lovelace" not in "".join(slack.shown).lower()
    nurtured = street.send(country="FR")
    until(lambda: street.settled("slack", nurtured["lead"]))
    assert not any(nurtured["lead"] in text for text in slack.shown)


def test_slack_hears_of_a_test(street: Street, slack: Slack) -> None:
    street.call("POST", f"/v1/endpoints/{street.receivers['slack'][0]}/test")
    until(lambda: "Accord reaches this channel." in slack.shown)


def test_slack_hears_who_has_a_lead_now(street: Street, slack: Slack) -> None:
    told = {"lead": "ld_7", "owner": "Eve", "why": "Ben did not answer in time", "respond_by": None}
    for number, event in enumerate(("lead.assigned", "lead.reassigned", "lead.escalated", "lead.reminded")):
        sent = {"type": event, "timestamp": "", "data": told | {"respond_by": "2026-11-23T08:15:00+01:00"}}
        assert street.post("slack", sent, f"msg_step{number}").status_code == 204
    shown = [text for text in slack.shown if "ld_7" in text]
    assert shown == ["Eve has it now: Ben did not answer in time. Answer by 2026-11-23 08:15.\nld_7"] * 3


def test_slack_is_patient_and_shows_nothing_twice(street: Street, slack: Slack) -> None:
    refusals = [slack.limited, slack.archived, Answer(400, "invalid_payload")]
    street.all_quiet("slack")
    slack.scripted.extend(refusals)
    lead = street.send()["lead"]
    [first] = until(lambda: street.tried("slack", lead))
    assert (first["state"], first["last_status"]) == ("due", 502)
    while slack.scripted:
        street.again("slack", lead)
        time.sleep(0.1)
    street.again("slack", lead)
    until(lambda: street.settled("slack", lead))
    assert len([text for text in slack.shown if lead in text]) == 1
    known = street.call("GET", "/v1/endpoints").json()["endpoints"]
    assert [one["disabled_at"] for one in known] == [None] * 3  # although Slack said 410
    sent = {"type": "endpoint.test", "timestamp": "", "data": {}}
    shown = len(slack.shown)
    assert [street.post("slack", sent, "msg_twice").status_code for _ in range(3)] == [204] * 3
    assert len(slack.shown) == shown + 1
    slack.scripted.append(slack.limited)
    answer = street.post("slack", sent, "msg_limited")
    assert (answer.status_code, answer.headers["retry-after"]) == (502, "1")


def test_a_contact_of_hubspot_is_what_accord_says_now(street: Street, hubspot: HubSpot) -> None:
    decided = street.send(email="Grace@Example.com", name="Grace Hopper")
    lead = decided["lead"]
    until(lambda: street.settled("hubspot", lead))
    contact = hubspot.contacts["grace@example.com"]
    assert {name: contact[name] for name in contact if name not in ("id", "email", "accord_decided_at")} == {
        "accord_lead": lead,
        "accord_probability": f"{decided['probability']:.4f}",
        "accord_band": "A",
        "accord_route": "sales",
        "accord_owner": "Eve <north>",
        "accord_state": "open",
    }
    assert datetime.now(UTC) - datetime.fromisoformat(contact["accord_decided_at"]) < timedelta(minutes=5)
    street.tell(lead, "meeting")
    until(lambda: hubspot.contacts["grace@example.com"]["accord_state"] == "meeting")
    late = {"type": "lead.decided", "timestamp": "", "data": {"lead": lead, "band": "D", "route": "nurture"}}
    assert street.post("hubspot", late, "msg_late").status_code == 204  # what an old message says does not count
    assert hubspot.contacts["grace@example.com"]["accord_band"] == "A"


def test_a_bots_form_changes_no_contact(street: Street, hubspot: HubSpot) -> None:
    lead = street.send(email="kept@example.com")["lead"]
    until(lambda: street.settled("hubspot", lead))
    before = dict(hubspot.contacts["kept@example.com"])
    street.send(email="KEPT@example.com", country="FR", _website="http://spam.example")
    until(lambda: any(one["lead"] == lead for one in street.deliveries("hubspot", "lead.quarantined")))
    until(lambda: street.settled("hubspot", lead))
    assert hubspot.contacts["kept@example.com"] == before
    alone = street.send(email="bot@example.com", _website="http://spam.example")["lead"]
    until(lambda: street.settled("hubspot", alone))
    assert "bot@example.com" not in hubspot.contacts


def test_a_lead_without_an_address_is_no_contact(street: Street, hubspot: HubSpot) -> None:
    before = len(hubspot.calls)
    lead = street.send(email=None, phone="+49 30 901820")["lead"]
    until(lambda: street.settled("hubspot", lead))
    assert len(hubspot.calls) == before


@pytest.mark.parametrize("refusal", ["limited", "in_part", "unknown property", "wrong token"])
def test_what_hubspot_refuses_is_sent_again(street: Street, hubspot: HubSpot, refusal: str) -> None:
    answers = {
        "limited": hubspot.limited,
        "in_part": hubspot.in_part,
        "wrong token": Answer(401, {"category": "INVALID_AUTHENTICATION"}),
    }
    if refusal in answers:
        street.all_quiet("hubspot")
        hubspot.scripted.append(answers[refusal])
    else:
        hubspot.properties.discard("accord_state")
    email = f"refused{next(NUMBERS)}@example.com"
    lead = street.send(email=email)["lead"]
    [waiting] = until(lambda: street.tried("hubspot", lead))
    assert (waiting["state"], waiting["last_status"], email in hubspot.contacts) == ("due", 502, False)
    hubspot.properties.add("accord_state")
    street.again("hubspot", lead)
    until(lambda: street.settled("hubspot", lead))
    assert hubspot.contacts[email]["accord_lead"] == lead
    codes = {"limited": "RATE_LIMIT", "in_part": "CONFLICT", "unknown property": "VALIDATION_ERROR"}
    assert f"{lead}: 127.0.0.1 answered" in street.log("hubspot")
    assert codes.get(refusal, "INVALID_AUTHENTICATION") in street.log("hubspot")
    assert "example.com" not in street.log("hubspot")


def test_who_is_forgotten_is_no_contact_and_no_record(street: Street, hubspot: HubSpot, salesforce: Salesforce) -> None:
    lead = street.send(email="forgotten@example.com")["lead"]
    until(lambda: street.settled("hubspot", lead) and street.settled("salesforce", lead))
    assert "forgotten@example.com" in hubspot.contacts
    assert lead in salesforce.records
    street.call("POST", "/v1/people/erase", json={"person": "forgotten@example.com"})
    until(lambda: "forgotten@example.com" not in hubspot.contacts and lead not in salesforce.records)
    for name in ("hubspot", "salesforce"):
        late = {"type": "lead.decided", "timestamp": "", "data": {"lead": lead}}
        erased = {"type": "lead.erased", "timestamp": "", "data": {"lead": lead}}
        assert street.post(name, late, f"msg_{name}_late").status_code == 204
        assert street.post(name, erased, f"msg_{name}_again").status_code == 204
    assert "forgotten@example.com" not in hubspot.contacts
    assert lead not in salesforce.records


def test_a_record_of_salesforce_is_made_once_and_then_changed(street: Street, salesforce: Salesforce) -> None:
    decided = street.send(email="lise@example.com", name="Lise Meitner", phone="+49 30 901821")
    lead = decided["lead"]
    until(lambda: street.settled("salesforce", lead))
    record = salesforce.records[lead]
    assert {name: record[name] for name in record if name != "Accord_Decided_At__c"} == {
        "Email": "lise@example.com",
        "Phone": record["Phone"],
        "LastName": "Lise Meitner",
        "Company": "[not provided]",
        "Accord_Probability__c": round(decided["probability"], 4),
        "Accord_Band__c": "A",
        "Accord_Route__c": "sales",
        "Accord_Owner__c": "Eve <north>",
        "Accord_State__c": "open",
    }
    record["LastName"] = "Meitner"  # sales put it right
    street.tell(lead, "rejected", reason="bad-fit")
    until(lambda: street.settled("salesforce", lead) and salesforce.records[lead]["Accord_State__c"] == "rejected")
    assert (record["LastName"], record["Accord_Route__c"]) == ("Meitner", "nurture")


def test_a_session_of_salesforce_that_is_over_is_begun_anew(street: Street, salesforce: Salesforce) -> None:
    street.all_quiet("salesforce")
    before, salesforce.session = salesforce.signed_in, "00Dother!token"
    lead = street.send()["lead"]
    until(lambda: lead in salesforce.records)
    assert salesforce.signed_in == before + 1
    until(lambda: street.settled("salesforce", lead))
    [delivery] = [one for one in street.deliveries("salesforce", "lead.decided") if one["lead"] == lead]
    assert delivery["attempts"] == 1


@pytest.mark.parametrize("refusal", ["limited", "down", "many"])
def test_what_salesforce_refuses_is_sent_again(street: Street, salesforce: Salesforce, refusal: str) -> None:
    answers = {"limited": salesforce.limited, "down": Answer(503, "<html>"), "many": Answer(300, ["/x", "/y"])}
    street.all_quiet("salesforce")
    salesforce.scripted.append(answers[refusal])
    lead = street.send()["lead"]
    [waiting] = until(lambda: street.tried("salesforce", lead))
    assert (waiting["state"], waiting["last_status"]) == ("due", 502)
    street.again("salesforce", lead)
    until(lambda: street.settled("salesforce", lead))
    assert lead in salesforce.records


def test_a_lead_that_salesforce_converted_is_left_alone(street: Street, salesforce: Salesforce) -> None:
    lead = street.send()["lead"]
    until(lambda: street.settled("salesforce", lead))
    salesforce.scripted.append(salesforce.converted)
    street.tell(lead, "converted", value=10)
    until(lambda: not salesforce.scripted)
    until(lambda: street.settled("salesforce", lead))
    assert salesforce.records[lead]["Accord_State__c"] == "open"


def test_what_cannot_be_reached_is_tried_again(street: Street, tmp_path: Path) -> None:
    """The service is there, the tool is not."""
    place = dict(environment(tmp_path))
    port, nowhere = free_port(), free_port()
    (tmp_path / "hubspot.py").write_text(PROGRAMS["hubspot"])
    secrets = {
        "ACCORD_URL": f"http://127.0.0.1:{street.workplace.port}",
        "ACCORD_KEY": street.workplace.secret,
        "ACCORD_WEBHOOK_SECRET": street.receivers["hubspot"][1],
        "HUBSPOT_TOKEN": "pat-secret",
        "HUBSPOT_URL": f"http://127.0.0.1:{nowhere}",
    }
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "uvicorn", "hubspot:app", "--port", str(port)]
        process = subprocess.Popen(command, cwd=tmp_path, env=place | secrets, stdout=log, stderr=log)
        try:
            until(lambda: answers(port))
            lead = street.send()["lead"]
            elsewhere = Street(street.workplace, {}, {"hubspot": port}, street.receivers, tmp_path, street.client)
            event = {"type": "lead.decided", "timestamp": "", "data": {"lead": lead}}
            assert elsewhere.post("hubspot", event, "msg_away").status_code == 502
        finally:
            end(process)
    assert f"{lead}: ConnectError" in (tmp_path / "log").read_text()

"""Slack, HubSpot and Salesforce as their documentation says that they answer, each a real server on this machine."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs

SALESFORCE_FIELDS = ("Probability", "Band", "Route", "Owner", "State", "Decided_At")
CONTACT_PROPERTIES = {"lead", "probability", "band", "route", "owner", "state", "decided_at"}


class Answer(NamedTuple):
    """`body` is JSON unless it is text."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = {}


@dataclass
class Call:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Tool:
    """Answers first what is `scripted`, whatever it is asked, and then what it really would."""

    calls: list[Call] = field(default_factory=list)
    scripted: deque[Answer] = field(default_factory=deque)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: Call) -> Answer:
        raise NotImplementedError

    def heard(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
            return self.scripted.popleft() if self.scripted else self.answer(call)

    @contextmanager
    def listening(self) -> Iterator["Tool"]:
        tool = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                told = {name.lower(): value for name, value in self.headers.items()}
                answer = tool.heard(Call(self.command, self.path, told, self.rfile.read(length)))
                text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_PATCH = do_DELETE = do_POST  # noqa: N815  # the library's names

            def log_message(self, *said: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Slack(Tool):
    shown: list[str] = field(default_factory=list)
    limited = Answer(429, "rate_limited", {"Retry-After": "1"})
    archived = Answer(410, "channel_is_archived")

    def answer(self, call: Call) -> Answer:
        try:
            told = json.loads(call.body)
        except ValueError:
            return Answer(400, "invalid_payload")
        blocks = told.get("blocks", [])
        sound = all(block["type"] == "section" and 0 < len(block["text"]["text"]) <= 3000 for block in blocks)
        if call.path != "/services/T0/B0/secret" or call.headers["content-type"] != "application/json":
            return Answer(404, "no_service")
        if not told.get("text") or not sound:
            return Answer(400, "invalid_payload")
        self.shown.append(told["text"])
        return Answer(200, "ok")


@dataclass
class HubSpot(Tool):
    """`contacts` are by address; a property that was not made is refused, as is one that nobody asked for."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    properties: set[str] = field(default_factory=lambda: {"email", *(f"accord_{name}" for name in CONTACT_PROPERTIES)})
    limited = Answer(
        429,
        {
            "status": "error",
            "message": "You have reached your secondly limit.",
            "errorType": "RATE_LIMIT",
            "policyName": "SECONDLY",
            "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
        },
    )
    in_part = Answer(
        207,
        {
            "status": "COMPLETE",
            "results": [],
            "numErrors": 1,
            "errors": [{"status": "error", "category": "CONFLICT", "message": "ada@example.com is in conflict"}],
        },
    )

    def answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer pat-secret":
            return _refused(401, "INVALID_AUTHENTICATION")
        told = json.loads(call.body)
        match call.path.removeprefix("/crm/v3/objects/contacts/"):
            case "batch/upsert":
                return self._upsert(told["inputs"])
            case "search":
                [[wanted]] = [group["filters"] for group in told["filterGroups"]]
                assert wanted["operator"] == "EQ"
                found = [(email, of) for email, of in self.contacts.items() if self._has(of, wanted)]
                results = [{"id": of["id"], "properties": {}} for _, of in found]
                return Answer(200, {"total": len(results), "results": results})
            case "gdpr-delete":
                gone = [email for email, of in self.contacts.items() if of["id"] == told["objectId"]]
                for email in gone:
                    del self.contacts[email]
                return Answer(204) if gone else _refused(404, "OBJECT_NOT_FOUND")
        return _refused(404, "OBJECT_NOT_FOUND")

    def _has(self, contact: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
        return contact.get(wanted["propertyName"]) == wanted["value"]

    def _upsert(self, inputs: list[dict[str, Any]]) -> Answer:
        results = []
        for one in inputs:
            if one["idProperty"] != "email" or not set(one["properties"]) <= self.properties:
                return _refused(400, "VALIDATION_ERROR")
            email = one["id"].lower()
            contact = self.contacts.setdefault(email, {"id": str(512 + len(self.contacts))})
            contact |= {name: str(value) for name, value in one["properties"].items()}
            results.append({"id": contact["id"], "properties": contact, "new": True, "archived": False})
        return Answer(200, {"status": "COMPLETE", "results": results})


def _refused(status: int, category: str) -> Answer:
    told = {"status": "error", "message": "One or more validation errors occurred", "correlationId": "a43683b0"}
    return Answer(status, told | {"category": category})


@dataclass
class Salesforce(Tool):
    """`records` are by Accord's id; `session` is the token that counts now, and another one each time."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    session: str | None = None
    signed_in: int = 0
    limited = Answer(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
    converted = Answer(
        400, [{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead"}]
    )

    def answer(self, call: Call) -> Answer:
        if call.path == "/services/oauth2/token":
            return self._sign_in(parse_qs(call.body.decode()))
        if self.session is None or call.headers.get("authorization") != f"Bearer {self.session}":
            return Answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        base, _, lead = call.path.rpartition("/")
        if base != "/services/data/v61.0/sobjects/Lead/Accord_Lead__c":
            return Answer(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
        return self._delete(lead) if call.method == "DELETE" else self._upsert(lead, json.loads(call.body))

    def _sign_in(self, sent: Mapping[str, list[str]]) -> Answer:
        if sent.get("grant_type") != ["client_credentials"] or sent.get("client_secret") != ["shh"]:
            return Answer(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        self.signed_in += 1
        self.session = f"00D{self.signed_in}!token"
        return Answer(200, {"access_token": self.session, "instance_url": self.url, "token_type": "Bearer"})

    def _upsert(self, lead: str, told: dict[str, Any]) -> Answer:
        known = {"Email", "Phone", "LastName", "Company", *(f"Accord_{name}__c" for name in SALESFORCE_FIELDS)}
        if unknown := sorted(set(told) - known):
            return Answer(400, [{"errorCode": "INVALID_FIELD", "message": f"No such column '{unknown[0]}'"}])
        new = lead not in self.records
        missing = [name for name in ("LastName", "Company") if new and not told.get(name)]
        if missing:
            said = f"Required fields are missing: {missing}"
            return Answer(400, [{"errorCode": "REQUIRED_FIELD_MISSING", "message": said, "fields": missing}])
        self.records.setdefault(lead, {}).update(told)
        return Answer(201 if new else 200, {"id": "00Q", "success": True, "errors": [], "created": new})

    def _delete(self, lead: str) -> Answer:
        if self.records.pop(lead, None) is None:
            return Answer(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
        return Answer(204)

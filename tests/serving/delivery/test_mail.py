import asyncio
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from leads.agreement import AgreementError, parse_agreement
from leads.check import explain
from leads.lead import Announcement, Contribution, Decision, Score, Submission
from leads.ledger import Ledger, Made, Outgoing, deliveries
from leads.ledger.outbox import post
from leads.refusal import Refusal
from serving.announcing.announcement import announcement
from serving.delivery.configuration import Relay, configuration, mail_not_configured
from serving.delivery.schedule import Outcome
from serving.delivery.smtp import MailSender
from tests.serving.delivery.conftest import eventually, until
from tests.serving.delivery.test_worker import working

AGREED = """
[goal]
within_days = 90
value = 3000
[sales]
timezone = "Europe/Berlin"
mail = "sales@example.com"
[marketing]
mail = "marketing@example.com"
[form.fields.email]
kind = "email"
[form.fields.message]
kind = "text"
label = "Your question"
"""


HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
}


@dataclass
class Mailbox:
    """What a relay was handed over; `refuse` maps a recipient to its answer."""

    mails: list[tuple[Any, EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    port: int = 0

    # the library's names
    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append((session, message))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password == b"p@ss word", handled=False)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def relay(port: int, scheme: Any = "smtp", user: str | None = None, password: str | None = None) -> Relay:
    return Relay(scheme, "localhost", port, user, password, "accord@example.com")


def outgoing(text: str = "What it wrote:\n  Zoë\n.\nend\n", to: str = "sales@example.com") -> Outgoing:
    payload = json.dumps({"subject": "A lead for sales: band A", "text": text})
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return Outgoing("msg_1", at, payload, 0, None, None, (), to)


def attempt(to: Relay, message: Outgoing | None = None, **how: Any) -> Outcome:
    return asyncio.run(MailSender(to, **how)(message or outgoing(), datetime.now(UTC)))


def test_a_mail_arrives_whole_and_the_same_each_time(mailbox: Mailbox) -> None:
    for _ in range(2):
        assert attempt(relay(mailbox.port)) == Outcome(250, delivered=True)
    (_, first), (_, second) = mailbox.mails
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == "<msg_1@example.com>"
    assert (first["From"], first["To"]) == ("accord@example.com", "sales@example.com")
    assert first["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content().replace("\r\n", "\n") == "What it wrote:\n  Zoë\n.\nend\n"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 no such mailbox", Outcome(550, "refused", permanent=True)),
        ("452 try later", Outcome(452, "refused")),
    ],
)
def test_a_refusal_for_good_is_told_from_one_for_now(mailbox: Mailbox, answer: str, outcome: Outcome) -> None:
    mailbox.refuse["sales@example.com"] = answer
    assert attempt(relay(mailbox.port)) == outcome


def test_a_relay_that_is_away_or_silent_is_tried_again() -> None:
    assert attempt(relay(free_port())) == Outcome(error="no-connection")
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        assert attempt(relay(silent.getsockname()[1]), seconds=0.3) == Outcome(error="timeout")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    kept = ["-keyout", place / "key.pem", "-out", place / "certificate.pem"]
    subprocess.run([*made, *named, *kept], check=True, capture_output=True)
    return place


@pytest.fixture
def secure_mailbox(certificate: Path) -> Iterator[Mailbox]:
    """Offers STARTTLS and wants a login, which it takes under TLS alone."""
    box = Mailbox(port=free_port())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        tls_context=context,
        authenticator=box.authenticate,
        auth_required=True,
        auth_require_tls=True,
    )
    controller.start()
    yield box
    controller.stop()


def test_starttls_is_taken_where_it_is_offered_and_the_password_goes_under_it(
    secure_mailbox: Mailbox, certificate: Path
) -> None:
    trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    known = relay(secure_mailbox.port, user="accord", password="p@ss word")
    assert attempt(known, trust=trust) == Outcome(250, delivered=True)
    assert secure_mailbox.logins == ["accord"]
    assert secure_mailbox.mails[0][0].ssl is not None
    assert attempt(known) == Outcome(error="tls")  # a certificate that nobody vouches for
    wrong = attempt(known._replace(password="wrong"), trust=trust)
    assert wrong == Outcome(535, "relay")  # for the operator to mend, so the mail waits


def decided(route: Any = "sales", **form: object) -> tuple[Submission, Decision]:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    reasons = (
        Contribution("demo", "message", "Your question: asked", 0.8),
        Contribution("x", "x", "Country: FR", -0.2),
    )
    score = Score(0.314, -0.78, -1.4, reasons, "scorecard", None, None)
    submission = Submission("sb_1", "ld_0a1b2c", at, form, None)
    decision = Decision(
        id="dc_1",
        lead="ld_0a1b2c",
        submission="sb_1",
        decided_at=at,
        score=score,
        horizon_days=90,
        band="A",
        route=route,
        owner="sales",
        respond_by=at.replace(minute=15) if route == "sales" else None,
        agreement=1,
        price=None,
        propensity=None,
        features={},
    )
    return submission, decision


def told(route: Any = "sales", **form: object) -> Announcement:
    agreement = parse_agreement(AGREED)
    submission, decision = decided(route, **form)
    return announcement(submission, Made(decision), ZoneInfo("Europe/Berlin"), agreement)


def test_what_people_are_told() -> None:
    said = told(email="jane@example.com", message="Hello\nWhy:\r\n  + Budget: 9", utm_source="news", page=None)
    assert said.mail_to == ("sales@example.com",)
    assert said.mail is not None
    assert said.mail["subject"] == "A lead for sales: band A, answer by Sun 22 Nov 13:15 (0a1b2c)"
    assert said.mail["text"] == (
        "A lead for sales. Owner: sales.\n"
        "Band A: 31.4 % likely to convert within 90 days.\n"
        "Answer by Sunday 22 November 2026, 13:15 (Europe/Berlin).\n"
        "Lead ld_0a1b2c, decision dc_1.\n"
        "\n"
        "Why:\n"
        "  + Your question: asked\n"
        "  - Country: FR\n"
        "\n"
        "What it wrote:\n"
        "  email: jane@example.com\n"
        "  Your question: Hello\n"
        "      Why:\n"
        "        + Budget: 9\n"
        "  utm_source: news\n"
    )


@pytest.mark.parametrize(
    ("route", "to"),
    [
        ("sales", ("sales@example.com",)),
        ("review", ("sales@example.com",)),
        ("nurture", ("marketing@example.com",)),
        ("quarantine", ()),
    ],
)
def test_each_route_is_mailed_to_its_side(route: str, to: tuple[str, ...]) -> None:
    assert told(route).mail_to == to


@pytest.mark.parametrize("evil", ["x\r\nBcc: all@example.com", "x\nSubject: y\n\nz", "\u2028From: z", "=?utf-8?q?x?="])
def test_a_lead_cannot_write_headers_or_a_subject(mailbox: Mailbox, evil: str) -> None:
    said = told(email="jane@example.com", message=evil)
    assert said.mail is not None
    assert attempt(relay(mailbox.port), outgoing()._replace(payload=json.dumps(dict(said.mail)))).delivered
    ((_, message),) = mailbox.mails
    assert set(message.keys()) == HEADERS
    assert message["Subject"] == said.mail["subject"]
    assert "jane" not in message["Subject"]


def test_a_refused_mail_is_dead_at_once_and_a_delayed_one_is_tried_again(ledger: Ledger, mailbox: Mailbox) -> None:
    mail = {"subject": "A lead", "text": "x"}
    with ledger.transaction() as connection:
        for to in ("gone@example.com", "full@example.com", "sales@example.com"):
            post(connection, Announcement("lead.decided", datetime.now(UTC), {}, (to,), mail), None, None)
    mailbox.refuse = {"gone@example.com": "550 unknown", "full@example.com": "452 full"}

    async def play() -> None:
        async with working(ledger, MailSender(relay(mailbox.port))):
            await eventually(lambda: not deliveries(ledger, "due"))

    asyncio.run(play())
    came_to = {d.mail_to: (d.state, d.attempts, d.last_status) for d in deliveries(ledger)}
    assert came_to == {
        "gone@example.com": ("dead", 1, 550),
        "full@example.com": ("dead", 3, 452),
        "sales@example.com": ("delivered", 1, 250),
    }


def test_mails_wait_where_nothing_says_how_to_send_them(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        mail = {"subject": "A lead", "text": "x"}
        post(connection, Announcement("lead.decided", datetime.now(UTC), {}, ("a@example.com",), mail), None, None)

    async def never(outgoing: Outgoing, at: datetime) -> Outcome:
        raise AssertionError

    async def play() -> None:
        async with working(ledger, never, mails=False):
            await asyncio.sleep(0.1)

    asyncio.run(play())
    assert [(d.state, d.attempts) for d in deliveries(ledger)] == [("due", 0)]


def test_a_lead_is_mailed_to_sales_by_a_real_service(processes: Any, mailbox: Mailbox, tmp_path: Path) -> None:
    agreement = tmp_path / "home" / "accord.toml"
    text = agreement.read_text().replace("[sales]\n", '[sales]\nmail = "sales@example.com"\n')
    agreement.write_text(text)
    waiting = processes()
    waiting.send({"email": "jane@example.com", "country": "DE"})
    assert "waits until ACCORD_SMTP_URL is set" in (tmp_path / "home" / "stderr").read_text()
    waiting.process.terminate()
    waiting.process.wait(20)
    assert mailbox.mails == []
    url = f"smtp://localhost:{mailbox.port}"
    service = processes(ACCORD_SMTP_URL=url, ACCORD_MAIL_FROM="accord@example.com")
    service.send({"email": "john@example.com", "country": "DE"})
    until(lambda: len(mailbox.mails) == 2)
    told = [message.get_content() for _, message in mailbox.mails]
    assert any("jane@example.com" in text for text in told)
    assert all("A lead for sales" in message["Subject"] for _, message in mailbox.mails)
    assert "ACCORD_SMTP_URL" not in (tmp_path / "home" / "stderr").read_text()


@pytest.mark.parametrize("wrong", ['"sales"', '"a@b@c"', '"münchen@exämple.com"', '"a@b.com\\nBcc: x@y.com"', "5"])
def test_an_address_that_cannot_be_is_refused_with_its_line(wrong: str) -> None:
    with pytest.raises(AgreementError, match=r"line 7: sales\.mail") as refused:
        parse_agreement(AGREED.replace('"sales@example.com"', wrong))
    assert refused.value.line == 7


def test_the_agreement_is_told_with_its_addresses() -> None:
    words = "\n".join(explain(parse_agreement(AGREED)))
    assert "Each lead for sales, or for a person to look at, is mailed to sales@example.com." in words
    assert "Each lead to nurture is mailed to marketing@example.com." in words


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example.com", ("smtp", "mail.example.com", 587, None, None)),
        ("smtps://mail.example.com", ("smtps", "mail.example.com", 465, None, None)),
        ("smtp://u:p%40ss@mail.example.com:2525", ("smtp", "mail.example.com", 2525, "u", "p@ss")),
        ("smtp://[::1]:25/", ("smtp", "::1", 25, None, None)),
    ],
)
def test_the_relay_is_read_from_its_url(monkeypatch: pytest.MonkeyPatch, url: str, read: Any) -> None:
    monkeypatch.setenv("ACCORD_SMTP_URL", url)
    monkeypatch.setenv("ACCORD_MAIL_FROM", "accord@example.com")
    assert configuration().relay == Relay(*read, "accord@example.com")
    assert not mail_not_configured(parse_agreement(AGREED))


@pytest.mark.parametrize("url", ["mail.example.com:587", "http://h", "smtp://", "smtp://h:x", "smtp://h/p"])
def test_a_relay_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ACCORD_SMTP_URL", url)
    monkeypatch.setenv("ACCORD_MAIL_FROM", "accord@example.com")
    with pytest.raises(Refusal, match="smtp://USER:PASSWORD@HOST:587"):
        configuration()


@pytest.mark.parametrize("sender", ["", "accord", "a@b.com\r\nBcc: c@d.com", "Accord <accord@example.com>"])
def test_mail_needs_a_sender(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("ACCORD_SMTP_URL", "smtp://mail.example.com")
    monkeypatch.setenv("ACCORD_MAIL_FROM", sender)
    with pytest.raises(Refusal, match="ACCORD_MAIL_FROM"):
        configuration()


def test_nothing_lacks_where_nobody_is_to_be_mailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCORD_SMTP_URL", raising=False)
    assert mail_not_configured(parse_agreement(AGREED))
    assert not mail_not_configured(parse_agreement(AGREED.replace("mail =", "# mail =")))
    assert configuration().relay is None

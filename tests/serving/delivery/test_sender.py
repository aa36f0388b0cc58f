import asyncio
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.client import parse_headers
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from leads.ledger import Outgoing
from serving.delivery.addresses import networks
from serving.delivery.schedule import Outcome
from serving.delivery.sender import WebhookSender, signed
from tests.serving.delivery.conftest import LOOPBACK, Listener, plainly

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLDER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def outgoing(url: str, payload: str = '{"test": 2432232314}', *secrets: str) -> Outgoing:
    return Outgoing(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.now(UTC), payload, 0, "ep_1", url, secrets or (SECRET,), None
    )


def attempt(url: str, at: datetime | None = None, message: Outgoing | None = None, **parts: Any) -> Outcome:
    async def once() -> Outcome:
        sender = WebhookSender(networks(LOOPBACK), **parts)
        try:
            return await sender(message or outgoing(url), at or datetime.now(UTC))
        finally:
            await sender.close()

    return asyncio.run(once())


def test_the_reference_vector_is_signed_alike() -> None:
    headers = signed(outgoing("https://crm.example.com"), datetime.fromtimestamp(1614265330.9, UTC))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_reference_library_verifies_what_arrives(listener: Listener) -> None:
    payload = '{"type":"lead.decided","data":{"name":"Zoë Ødegård 李","note":"a\\nb"}}'
    message = outgoing(listener.url, payload, SECRET, OLDER)
    assert attempt(listener.url, message=message) == Outcome(200, delivered=True)
    (heard,) = listener.heard
    assert heard.body == payload.encode()
    for secret in (SECRET, OLDER):
        assert Webhook(secret).verify(heard.body, heard.headers)["type"] == "lead.decided"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(heard.body + b" ", heard.headers)


def test_the_time_is_the_attempts_and_the_id_stays(listener: Listener) -> None:
    first = datetime.now(UTC) - timedelta(hours=5)
    for at in (first, first + timedelta(hours=5)):
        attempt(listener.url, at)
    old, new = listener.heard
    assert (old.id, old.body) == (new.id, new.body)
    assert int(new.headers["webhook-timestamp"]) - int(old.headers["webhook-timestamp"]) == 5 * 3600
    Webhook(SECRET).verify(new.body, new.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(old.body, old.headers)


def test_what_a_receiver_is_sent_beside_the_signature(listener: Listener) -> None:
    attempt(listener.url.replace("/hook", "/hook;a=1?b=%20c"))
    (heard,) = listener.heard
    assert heard.path == "/hook;a=1?b=%20c"
    sent = {name: value for name, value in heard.headers.items() if not name.startswith("webhook-")}
    assert sent == {
        "host": f"127.0.0.1:{listener.port}",
        "user-agent": "Accord-Webhooks/1.0",
        "content-type": "application/json",
        "content-length": "20",
        "accept-encoding": "identity",
        "connection": "close",
    }


@pytest.mark.parametrize("status", [200, 201, 204, 299, 300, 400, 404, 410, 429, 500, 502, 504])
def test_only_2xx_is_delivered(listener: Listener, status: int) -> None:
    listener.answer = plainly(status, Content_Length="0")
    assert attempt(listener.url) == Outcome(status, delivered=status < 300)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_never_followed(listen: Callable[[], Listener], status: int) -> None:
    inside, moved = listen(), listen()
    moved.answer = plainly(status, Location=inside.url)
    assert attempt(moved.url) == Outcome(status)
    assert (moved.connections, inside.connections) == (1, 0)


def test_retry_after_is_heard(listener: Listener) -> None:
    listener.answer = plainly(503, Retry_After="120")
    assert attempt(listener.url).retry_after == 120.0


def test_no_proxy_of_the_environment_is_asked(listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, target = listen(), listen()
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert attempt(target.url).delivered
    assert proxy.connections == 0


def dripping(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def silent(handler: Any) -> None:
    time.sleep(5)


def heads_without_end(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: y\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [dripping, silent, heads_without_end], ids=lambda answer: answer.__name__)
def test_the_deadline_counts_for_the_whole_attempt(listener: Listener, answer: Any) -> None:
    listener.answer, began = answer, time.monotonic()
    assert attempt(listener.url, seconds=0.5) == Outcome(error="timeout")
    assert time.monotonic() - began < 4


def test_a_large_answer_is_not_read_to_its_end(listener: Listener) -> None:
    written = 0

    def large(handler: Any) -> None:
        nonlocal written
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n")
        while written < 500_000_000:
            written += handler.wfile.write(b"x" * 65_536)

    listener.answer = large
    assert attempt(listener.url) == Outcome(200, delivered=True)
    assert written < 50_000_000  # what was not read stands in the buffers of the sockets


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", "no-http"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no-http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "no-http"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "no-http"),
        (b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "no-http"),
    ],
    ids=["nothing", "ssh", "short", "endless-header", "null"],
)
def test_what_is_not_http_is_an_error(listener: Listener, sent: bytes, error: str) -> None:
    listener.answer = lambda handler: handler.wfile.write(sent) and None
    assert attempt(listener.url) == Outcome(error=error)


def test_a_closed_port_and_an_unknown_name_are_errors() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert attempt(f"http://127.0.0.1:{port}/") == Outcome(error="no-connection")

    async def unknown(host: str, port: int) -> Sequence[str]:
        return []

    assert attempt("https://crm.example.com/", resolve=unknown) == Outcome(error="unknown-name")
    assert attempt("https://" + "a" * 63 + "." + "b" * 70 + ".invalid/") == Outcome(error="unknown-name")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", "/CN=crm.example", "-addext", "subjectAltName=DNS:crm.example", "-days", "2"]
    kept = ["-keyout", place / "key.pem", "-out", place / "certificate.pem"]
    subprocess.run([*made, *named, *kept], check=True, capture_output=True)
    return place


@pytest.fixture
def secure(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server for crm.example; its port, and the names that it was asked for."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    context.sni_callback = lambda _, name, __: asked.append(name)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as spoken, spoken.makefile("rb") as said:
                    said.readline()
                    said.read(int(parse_headers(said)["content-length"]))  # what is left unread resets a connection
                    spoken.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1], asked
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


async def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def test_the_certificate_is_checked_for_the_name_and_not_the_address(certificate: Path, secure: Any) -> None:
    port, asked = secure
    trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    assert attempt(f"https://crm.example:{port}/", resolve=loopback, trust=trust) == Outcome(204, delivered=True)
    assert asked == ["crm.example"]
    assert attempt(f"https://other.example:{port}/", resolve=loopback, trust=trust) == Outcome(error="tls")
    assert attempt(f"https://crm.example:{port}/", resolve=loopback) == Outcome(error="tls")


def test_a_silent_name_server_holds_up_no_other_receiver(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[str] = Counter()
    answered = threading.Event()

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked[host] += 1
        if host == "silent.example":
            answered.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("serving.delivery.network.socket.getaddrinfo", look_up)

    async def both() -> None:
        sender = WebhookSender(networks(LOOPBACK), seconds=2)
        now, slow = datetime.now(UTC), outgoing("http://silent.example:9/")
        waiting = [asyncio.create_task(sender(slow, now)) for _ in range(100)]
        assert (await sender(outgoing(f"http://fast.example:{listener.port}/"), now)).delivered
        assert not any(task.done() for task in waiting)
        assert {outcome.error for outcome in await asyncio.gather(*waiting)} == {"timeout"}
        answered.set()
        await sender.close()

    asyncio.run(both())
    assert asked == {"silent.example": 1, "fast.example": 1}

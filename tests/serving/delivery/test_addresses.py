import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpcore2
import pytest

from benchmarks.hostile_urls import HOSTILE
from leads.ledger import Outgoing
from leads.refusal import Refusal
from serving.delivery.addresses import NOT_PUBLIC, UnusableURL, networks, permitted, public, receiver_url
from serving.delivery.schedule import Outcome
from serving.delivery.sender import WebhookSender

SECRET = "whsec_" + "A" * 43 + "="
CASES = [pytest.param(code, url, id=f"{code}-{at}") for code, urls in HOSTILE.items() for at, url in enumerate(urls)]


class Counting:
    """Takes every connection on loopback, over IPv4 and IPv6, and counts."""

    def __init__(self) -> None:
        self.connections = 0
        self.socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@pytest.fixture(scope="module")
def counting() -> Iterator[Counting]:
    counter = Counting()
    yield counter
    counter.socket.shutdown(socket.SHUT_RDWR)
    counter.socket.close()


def outgoing(url: str) -> Outgoing:
    return Outgoing("msg_1", datetime.now(UTC), "{}", 0, "ep_1", url, (SECRET,), None)


def attempt(url: str, **parts: Any) -> Outcome:
    async def once() -> Outcome:
        sender = WebhookSender(**parts)
        try:
            return await sender(outgoing(url), datetime.now(UTC))
        finally:
            await sender.close()

    return asyncio.run(once())


def test_there_are_enough_hostile_urls() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(("code", "url"), CASES)
def test_a_hostile_url_is_refused_by_its_code_and_its_detail_does_not_repeat_it(code: str, url: str) -> None:
    with pytest.raises(UnusableURL) as refused:
        receiver_url(url.format(port=8443), ())
    assert refused.value.code == code
    assert "127" not in str(refused.value)


NOTHING_OUTSIDE = [case for case in CASES if case.values[0] == "url-not-public"]


@pytest.mark.parametrize(("code", "url"), NOTHING_OUTSIDE)
def test_no_connection_is_made_even_if_such_a_url_had_been_kept(code: str, url: str, counting: Counting) -> None:
    """The names among them are looked up by the real resolver only where that asks nobody."""
    before = counting.connections
    local = any(name in url for name in ("printer", "metadata", "internal", "intranet"))
    outcome = attempt(url.format(port=counting.port), **({"resolve": always("10.1.2.3")} if local else {}))
    assert outcome.error in ("not-permitted", "unknown-name")
    assert counting.connections == before


def test_the_counter_counts(counting: Counting) -> None:
    before = counting.connections
    attempt(f"http://127.0.0.1:{counting.port}/", own=networks("127.0.0.0/8"))
    assert counting.connections == before + 1


def always(*addresses: str) -> object:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


class Recorded(httpcore2.AsyncNetworkBackend):
    """Stands for the network outside, which tests must not touch: says where a connection would have gone."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        self.asked.append(host)
        raise httpcore2.ConnectError


def test_a_name_that_rebinds_after_its_check_leads_nowhere(counting: Counting) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    network, before = Recorded(), counting.connections

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    url = f"https://rebind.example.com:{counting.port}/"
    assert attempt(url, resolve=rebinding, network=network).error == "no-connection"
    assert network.asked == ["93.184.216.34"]  # looked up once, connected to what was checked
    assert attempt(url, resolve=rebinding).error == "not-permitted"
    assert counting.connections == before


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    network = Recorded()
    resolve = always("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "169.254.169.254")
    assert attempt("https://mixed.example.com/", resolve=resolve, network=network).error == "not-permitted"
    assert network.asked == []


def test_all_good_addresses_of_a_name_are_tried() -> None:
    network = Recorded()
    good = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]
    assert attempt("https://good.example.com/", resolve=always(*good), network=network).error == "no-connection"
    assert network.asked == good


@pytest.mark.parametrize("url", ["http://good.example.com/", "https://good.example.com:22/"])
def test_a_public_address_is_reached_by_https_and_its_ports_alone(url: str) -> None:
    network = Recorded()
    own = networks("10.0.0.0/8")
    assert attempt(url, resolve=always("93.184.216.34"), network=network, own=own).error == "not-permitted"
    assert attempt(url, resolve=always("10.0.0.1"), network=network, own=own).error == "no-connection"
    assert network.asked == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://crm.example.com", "https://crm.example.com"),
        ("HTTPS://CRM.Example.COM/Hook?team=a#x", "https://crm.example.com/Hook?team=a"),
        ("https://crm.example.com:443/", "https://crm.example.com/"),
        ("https://crm.example.com:8443/", "https://crm.example.com:8443/"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
        ("https://93.184.216.34/", "https://93.184.216.34/"),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", "https://[2606:2800:220:1:248:1893:25c8:1946]/"),
        ("https://crm.example.com/?mail=a@b", "https://crm.example.com/?mail=a@b"),
    ],
)
def test_a_public_url_is_kept_in_its_usual_form(url: str, kept: str) -> None:
    assert receiver_url(url, ()) == kept


@pytest.mark.parametrize(
    "url", ["http://10.1.2.3:8080/", "http://crm.internal/", "https://intranet:22/", "http://10.1.2.3/"]
)
def test_the_operators_own_networks_are_open_in_any_way(url: str) -> None:
    assert receiver_url(url, networks("10.1.0.0/16, 192.168.7.5/32"))


@pytest.mark.parametrize("url", ["https://10.2.0.1/", "https://127.0.0.1/", "http://93.184.216.34/"])
def test_an_address_outside_of_them_stays_closed(url: str) -> None:
    with pytest.raises(UnusableURL, match="ACCORD_RECEIVER_NETWORKS"):
        receiver_url(url, networks("10.1.0.0/16"))


@pytest.mark.parametrize("text", ["10.1.0.0/33", "10.1.2.3/16", "crm.internal", "10.0.0.0/8;::1"])
def test_networks_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(Refusal, match="ACCORD_RECEIVER_NETWORKS is a list of networks such as"):
        networks(text)


def test_the_ends_of_each_closed_network_are_closed_and_their_neighbours_judged_alone() -> None:
    for network in NOT_PUBLIC:
        assert not public(network[0])
        assert not public(network[-1])


@pytest.mark.parametrize("seen_as_global", ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "224.0.0.1"])
def test_the_library_alone_would_have_let_these_through(seen_as_global: str) -> None:
    assert ipaddress.ip_address(seen_as_global).is_global
    assert not permitted(seen_as_global, 443, "https", ())

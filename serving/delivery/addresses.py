"""Which addresses may be connected to, and which URLs a receiver may have.

Whoever may add a receiver could otherwise make this service call what only it can reach. `ipaddress.is_global` does not
do: in Python 3.11 it is true for NAT64, 6to4 and multicast addresses, all of which can lead inside."""

import ipaddress
import re
import socket
from collections.abc import Sequence

import httpx2

from leads.refusal import Refusal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA's registry of special addresses, and those through which clouds tell a machine its secrets.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",
        ],
    )
)
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
"""All other IPv6 is local, mapped or translated (::1, fc00::/7, fe80::/10, ff00::/8, ::ffff:0:0/96, 64:ff9b::/96 …)."""
LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "onion")
LONGEST_URL = 2_000
LABEL = re.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
SETTING = "ACCORD_RECEIVER_NETWORKS"


class UnusableURL(Refusal):
    """`code` is that of the HTTP problem."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def networks(text: str) -> tuple[Network, ...]:
    """What ACCORD_RECEIVER_NETWORKS says: the operator's own networks, in which receivers may stand."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise Refusal(f"{SETTING} is a list of networks such as 10.1.0.0/16,192.168.7.5/32; write it so.") from None


def permitted(text: str, port: int, scheme: str, own: Sequence[Network]) -> bool:
    """Whether a connection to this address may be made: by https to a public one, in any way to the operator's own."""
    address = ipaddress.ip_address(text)
    if any(address in network for network in own):
        return True
    return scheme == "https" and usual_port(port) and public(address)


def public(address: Address) -> bool:
    if address.version == 6 and address not in GLOBAL_IPV6:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def usual_port(port: int) -> bool:
    """Below 1024 stand the protocols that could be fooled by a request that is not theirs."""
    return port == 443 or 1024 <= port <= 65_535


def receiver_url(text: str, own: Sequence[Network]) -> str:
    """The URL as it is kept, or UnusableURL. A name's addresses are not looked at here but at each attempt, because
    they can change at any time; an address written out, however oddly, is."""
    url = _parsed(text)
    if url.scheme != "https" and not (url.scheme == "http" and own):
        raise UnusableURL("url-scheme", f"A receiver's URL begins with https://; http needs {SETTING}.")
    if "@" in re.split("[/?#]", text.split("//", 1)[1], maxsplit=1)[0]:
        raise UnusableURL("url-userinfo", "Leave out what stands before the @; the signature proves who sends.")
    host, port = url.raw_host.decode().removesuffix("."), port_of(url)
    if not _well_formed(host):
        raise _no_url()
    if not usual_port(port) and not (own and port):
        raise UnusableURL("url-port", f"A receiver listens on port 443 or one from 1024 up; others need {SETTING}.")
    literal = _written_out(host)
    if not (permitted(literal, port, url.scheme, own) if literal else bool(own) or _public_name(host)):
        raise UnusableURL("url-not-public", f"This is not a public address; to send to your own network set {SETTING}.")
    return str(url.copy_with(fragment=None))


def port_of(url: httpx2.URL) -> int:
    return (443 if url.scheme == "https" else 80) if url.port is None else url.port


def _parsed(text: str) -> httpx2.URL:
    if len(text) > LONGEST_URL or re.search(r"[\s\x00-\x20\x7f\\]", text) or "//" not in text:
        raise _no_url()
    try:
        return httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        raise _no_url() from None


def _well_formed(host: str) -> bool:
    return ":" in host or (len(host) <= 253 and all(map(LABEL.fullmatch, host.split("."))))


def _written_out(host: str) -> str | None:
    """The address that a host is itself, also in the spellings that getaddrinfo understands: 127.1, 0x7f000001 …"""
    if ":" in host:
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            raise _no_url() from None
    if not NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        raise _no_url() from None


def _public_name(host: str) -> bool:
    return "." in host and not any(host == name or host.endswith(f".{name}") for name in LOCAL_NAMES)


def _no_url() -> UnusableURL:
    return UnusableURL("url-format", "Write a whole web address, such as https://crm.example.com/accord.")

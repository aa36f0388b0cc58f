"""Which proxies are believed when they say for whom they ask."""

import ipaddress

from leads.refusal import Refusal


def trusted_proxies(text: str) -> list[str]:
    """Networks from a list with commas; the last address of X-Forwarded-For that is in none of them is the client."""
    named = [part.strip() for part in text.split(",") if part.strip()]
    if "*" in named:
        raise Refusal(
            "ACCORD_TRUSTED_PROXIES must not be *: then any caller could write any address into X-Forwarded-For and so "
            "slip through the limits. Name the addresses of your proxies, such as 10.0.0.0/8."
        )
    return [network for part in named for network in _networks(part)]


def _networks(part: str) -> list[str]:
    """A socket that listens on IPv6 sees the IPv4 address 10.0.0.1 as ::ffff:10.0.0.1."""
    try:
        network = ipaddress.ip_network(part, strict=False)
    except ValueError:
        raise Refusal(
            "ACCORD_TRUSTED_PROXIES must be addresses or networks with commas between them, such as "
            "10.0.0.0/8,192.168.1.7; one of them cannot be read."
        ) from None
    if network.version == 6:
        return [str(network)]
    return [str(network), f"::ffff:{network.network_address}/{96 + network.prefixlen}"]

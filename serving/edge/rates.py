"""How much one may send: limits that slide with the clock, counted in this process alone."""

import ipaddress
import math
import re
import time
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from leads.ledger import Key, KeyKind
from leads.refusal import Refusal
from serving.problems import Problem

RATE = re.compile(r"([1-9]\d{0,9})/minute")
USUAL: dict[KeyKind, str] = {"pk": "3000/minute", "sk": "30000/minute", "hk": "30000/minute"}
A_VISITOR = RateLimitItemPerMinute(60)
"""What one client may do with one publishable key, whatever the key may do in all."""
FAILURES = RateLimitItemPerMinute(60)


class Rates:
    """Who exceeds a limit is told how long to wait; what was refused does not count."""

    def __init__(self) -> None:
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, key: Key, client: str) -> None:
        if key.kind == "pk":
            self._take(A_VISITOR, key.id, client)
        self._take(per_minute(key.rate or USUAL[key.kind]), key.id)

    def failed(self, client: str) -> None:
        """A call without a good key. Good keys of the same address go on, since many people may share it."""
        self._take(FAILURES, "failed", client)

    def followed(self, client: str) -> None:
        """A link of a mail, which needs no key."""
        self._take(FAILURES, "followed", client)

    def _take(self, rate: RateLimitItem, *who: str) -> None:
        if self._window.hit(rate, *who):
            return
        wait = self._window.get_window_stats(rate, *who).reset_time - time.time()
        seconds = str(max(1, math.ceil(wait)))
        detail = f"At most {rate.amount:,} calls a minute are answered here. Wait {seconds} seconds (Retry-After)."
        raise Problem("rate-limited", detail, headers={"Retry-After": seconds})


@cache
def per_minute(text: str) -> RateLimitItem:
    """Such as "600/minute"."""
    found = RATE.fullmatch(text.replace(" ", ""))
    if found is None:
        raise Refusal("A rate is a whole number of calls a minute, such as 600/minute.")
    return RateLimitItemPerMinute(int(found[1]))


def neighbourhood(host: str) -> str:
    """Who counts as one client: an IPv4 address, or the network of an IPv6 address, which one household has whole."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:100]
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))

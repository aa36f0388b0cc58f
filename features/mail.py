"""E-mail addresses: what kind of mailbox it is. The address and its domain themselves never come out."""

from features import domain
from features.company import spelled_in
from features.vocabulary import word_set, words
from features.website import host_of

ROLES = word_set(
    "info contact kontakt sales office hello support admin mail team marketing hr service post buero empfang webmaster "
    "enquiries inquiries help billing accounts einkauf vertrieb ventas contacto comercial commercial direction"
)


def domain_kind(address: str) -> str:
    """What the domain of the address is: company, free (anyone may open a mailbox there), disposable (thrown away
    after use), education, government, or unknown where no such ending exists."""
    return domain.owner_kind(_host(address))


def free_mail(address: str) -> bool:
    """The address is at a provider where anyone may open a mailbox."""
    return domain_kind(address) == "free"


def disposable(address: str) -> bool:
    """The address is at a provider of mailboxes that are thrown away after use."""
    return domain_kind(address) == "disposable"


def top_level(address: str) -> str | None:
    """The ending of the address, such as com or de; missing where no such ending exists."""
    return domain.top_level(_host(address))


def local_length(address: str) -> int:
    """How many characters stand before the @."""
    return len(_local(address))


def digits_share(address: str) -> float:
    """The share of digits among the characters before the @."""
    local = _local(address)
    return sum(map(str.isdigit, local)) / max(len(local), 1)


def role(address: str) -> bool:
    """The mailbox belongs to a role such as info or sales and not to a person."""
    return _local(address).partition("+")[0].lower() in ROLES


def names_company(address: str | None, company: str | None) -> bool | None:
    """The domain of the address spells the company's name: it holds one of its words of four letters or more, all its
    words or their initials. Missing for free and disposable mail, which no company owns."""
    if not address or not company or domain_kind(address) in ("free", "disposable", "unknown"):
        return None
    return spelled_in(company, domain.domain(_host(address)).name)


def names_person(address: str | None, person: str | None) -> bool | None:
    """What stands before the @ holds a part of the person's name of three letters or more."""
    if not address or not person:
        return None
    local = " ".join(words(_local(address)))
    return any(len(part) > 2 and part in local for part in words(person))


def same_site(address: str | None, site: str | None) -> bool | None:
    """The e-mail address and the web address are of one domain. Missing for free and disposable mail."""
    if not address or not site or domain_kind(address) in ("free", "disposable", "unknown"):
        return None
    return domain.domain(_host(address)) == domain.domain(host_of(site))


def _host(address: str) -> str:
    return address.rpartition("@")[2]


def _local(address: str) -> str:
    return address.rpartition("@")[0]

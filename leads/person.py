"""Who a person is: the rule by which two sendings are known to come from the same one."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic_core import PydanticCustomError

from leads.fields import Field, Value
from leads.kinds import check_email

DOTS_MEAN_NOTHING = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def identities(values: Mapping[str, Value], fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Normal forms of every e-mail address and telephone number given, addresses first, each field in its order.

    The first one is the person: an address where one was given; a telephone number stands for a person only where there
    is no address, since colleagues share numbers."""
    given = [(field.kind, str(values[key])) for key, field in fields.items() if values.get(key)]
    addresses = (f"email:{normal_email(text)}" for kind, text in given if kind == "email")
    numbers = (f"phone:{normal_phone(text)}" for kind, text in given if kind == "phone")
    return tuple(dict.fromkeys((*addresses, *numbers)))


def identities_of_text(text: str) -> tuple[str, ...]:
    """What a person may be asked for by: an e-mail address or a telephone number."""
    return tuple(_spoken(text.strip()))


def _spoken(text: str) -> Iterator[str]:
    if "@" in text:
        with suppress(PydanticCustomError):  # "Jane <jane@company.com>" would be nobody, and erased nobody
            check_email(text)
            yield f"email:{normal_email(text)}"
    elif re.search(r"\d{4}", re.sub(r"\D", "", text)):
        yield f"phone:{normal_phone(text)}"


def normal_email(text: str) -> str:
    """Case, the width of letters, `+tag` and, with the provider that ignores them, dots make no other person; an
    international domain is told by its ASCII form, so that a look-alike is another."""
    local, _, domain = unicodedata.normalize("NFKC", text).strip().casefold().rpartition("@")
    domain = ascii_domain(domain)
    local = local.split("+", 1)[0] or local
    if domain in DOTS_MEAN_NOTHING:
        local, domain = local.replace(".", ""), DOTS_MEAN_NOTHING[domain]
    return f"{local}@{domain}"


def ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # rare, and slow to import

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain


def normal_phone(text: str) -> str:
    """Its digits alone, without the 00 that stands for a plus."""
    return re.sub(r"\D", "", text).removeprefix("00")

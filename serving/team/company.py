"""The company behind a lead, by the domain of its address: colleagues should meet the same person of sales."""

from collections.abc import Mapping

from features.domain import domain, owner_kind
from leads.fields import Field, Value
from leads.person import ascii_domain


def company_of(values: Mapping[str, Value], fields: Mapping[str, Field]) -> str | None:
    """The company's own domain, without host names; None where anybody can have such an address."""
    for key, field in fields.items():
        if field.kind == "email" and (address := values.get(key)):
            host = ascii_domain(str(address).rpartition("@")[2].casefold())
            return ".".join(domain(host)) if owner_kind(host) == "company" else None
    return None

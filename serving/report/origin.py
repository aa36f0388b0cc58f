"""Where a lead came from, as marketing names it: the source, the campaign and the offer of one form."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from features.campaign import parameter, referrer_kind, referrer_site
from leads.agreement import Agreement

UNKNOWN, NONE = "unknown", "none"
"""A form that says nothing of its source, and one without a campaign or an offer."""

REMEMBERED = 20_000


class Origin(NamedTuple):
    source: str
    campaign: str
    offer: str


def source_fields(agreement: Agreement) -> tuple[str, ...]:
    """Fields of the form in which a source stands, such as lead_source."""
    fields = agreement.form.fields
    return tuple(key for key, field in fields.items() if field.kind == "category" and "source" in key)


def origin_of(said: Mapping[str, str | None], asked: tuple[str, ...]) -> Origin:
    """The source is that of the campaign's link, else what the form says of it in one of the `asked` fields, else the
    site that the visitor came from; direct where only the page is known. An address is never a name of a source."""
    named = tuple(said.get(key) for key in ("utm_source", *asked))
    return _origin(named, *(said.get(key) for key in ("utm_campaign", "utm_content", "referrer", "page")))


@lru_cache(maxsize=REMEMBERED)
def _origin(
    named: tuple[str | None, ...], campaign: str | None, offer: str | None, referrer: str | None, page: str | None
) -> Origin:
    source = next(filter(None, map(parameter, named)), None) or _by_site(referrer, page)
    return Origin(source, parameter(campaign) or NONE, parameter(offer) or NONE)


def _by_site(referrer: str | None, page: str | None) -> str:
    kind = referrer_kind(referrer, page)
    if kind is None or kind == "own":
        return "direct" if kind or page else UNKNOWN
    if kind == "mail":
        return "mail"
    site = referrer_site(referrer)
    return site if site and site != "other" else "another site"

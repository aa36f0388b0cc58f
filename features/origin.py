"""Where a lead is from, as far as several of its answers tell together."""

from collections.abc import Sequence

from features import domain, phone, place
from features.vocabulary import word_set
from leads.fields import Kind

# Endings that belong to one country and are sold to all the world.
SOLD_TO_ALL = word_set("ac ai as bz cc cd co fm gg gl im io is la li me ms mu nu pw sh st sx tk to tv vc ws")


def country(kinds: Sequence[Kind], *told: str | None) -> str | None:
    """The lead's country as its ISO code: the one the form names, else that of the telephone number, else that of the
    e-mail address where its ending belongs to one country and is not sold to all the world."""
    known = dict(zip(kinds, told, strict=True))
    return place.code(known.get("country")) or phone.country(known.get("phone")) or _mail_country(known.get("email"))


def region(kinds: Sequence[Kind], *told: str | None) -> str | None:
    """The part of the world of the lead's country, wherever that was told: form, telephone number or e-mail."""
    return place.regions().get(country(kinds, *told) or "")


def _mail_country(mail: str | None) -> str | None:
    if not mail:
        return None
    ending = domain.top_level(mail.rpartition("@")[2])
    if ending is None or ending in SOLD_TO_ALL:
        return None
    found = {"uk": "GB"}.get(ending, ending.upper())
    return found if found in place.regions() else None

"""Places: countries as ISO 3166 codes and the region of the world they lie in."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from features.vocabulary import words

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt")
REMEMBERED = 4096

# The sub-regions of the United Nations' M49 standard, every ISO code in one; Taiwan and Kosovo are put beside their
# neighbours.
REGIONS: Mapping[str, str] = {
    "Northern Europe": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    "Western Europe": "AT BE CH DE FR LI LU MC NL",
    "Southern Europe": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK",
    "Eastern Europe": "BG BY CZ HU MD PL RO RU SK UA",
    "North America": "BM CA GL PM US",
    "Central America": "BZ CR GT HN MX NI PA SV",
    "Caribbean": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    "South America": "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    "Northern Africa": "DZ EG EH LY MA SD TN",
    "Western Africa": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    "Central Africa": "AO CD CF CG CM GA GQ ST TD",
    "Eastern Africa": "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    "Southern Africa": "BW LS NA SZ ZA",
    "Western Asia": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    "Central Asia": "KG KZ TJ TM UZ",
    "Southern Asia": "AF BD BT IN IR LK MV NP PK",
    "South-eastern Asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "Eastern Asia": "CN HK JP KP KR MN MO TW",
    "Australia and New Zealand": "AU CC CX HM NF NZ",
    "Pacific islands": "AS CK FJ FM GU KI MH MP NC NR NU PF PG PN PW SB TK TO TV UM VU WF WS",
    "Antarctica": "AQ",
}
ALSO_CALLED: Mapping[str, str] = {
    "GB": "uk|great britain|england|scotland|wales|northern ireland|grossbritannien|gran bretagna|gran bretana",
    "US": "u s a|u s|america|united states of america|usa|eeuu|ee uu|etats unis|estados unidos|stati uniti",
    "AE": "uae|u a e|emirates|dubai|vae",
    "KR": "south korea|korea|republic of korea|sudkorea|corea del sur",
    "KP": "north korea",
    "CZ": "czech republic|tschechische republik|tschechien",
    "TR": "turkey|turkei",
    "NL": "holland|the netherlands|nederland|niederlande",
    "RU": "russia|russland",
    "VN": "vietnam|viet nam",
    "CI": "ivory coast",
    "MK": "macedonia",
    "CD": "dr congo|drc|democratic republic of congo|democratic republic of the congo",
    "CG": "congo|republic of congo",
    "XK": "kosovo",
    "SY": "syria",
    "LA": "laos",
    "BO": "bolivia",
    "IR": "iran",
    "MD": "moldova",
    "PS": "palestine",
    "TW": "taiwan",
    "TZ": "tanzania",
    "VE": "venezuela",
    "BN": "brunei",
    "CV": "cape verde",
    "SZ": "swaziland",
    "MM": "burma",
    "CH": "switzerland|schweiz|suisse|svizzera",
    "CN": "pr china|p r china|mainland china",
    "HK": "hong kong sar",
    "MO": "macau",
}


def iso_code(country: str) -> str:
    """The country as its ISO 3166 code, from its code or its name in English, German, French, Spanish, Italian, Dutch
    or Portuguese; unrecognised for anything else."""
    return code(country) or "unrecognised"


def region(country: str) -> str:
    """The part of the world the country lies in, after the United Nations' M49 standard; unrecognised where the country
    is."""
    return regions().get(code(country) or "", "unrecognised")


@lru_cache(maxsize=REMEMBERED)
def code(country: str | None) -> str | None:
    """The ISO code of a country as people write it: Deutschland, UK, Germany (DE); None when it is none."""
    if not country:
        return None
    parts = [country, *re.split(r"[(),;/|]|\s-\s", country)]
    return next((found for part in parts if (found := names().get(" ".join(words(part))))), None)


@cache
def regions() -> Mapping[str, str]:
    return {code: region for region, codes in REGIONS.items() for code in codes.split()}


@cache
def names() -> Mapping[str, str]:
    """Every spelling of a country, folded, with its ISO code."""
    import gettext

    import pycountry

    tongues = [gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language]) for language in LANGUAGES]
    found: dict[str, str] = {}
    for country in pycountry.countries:
        english = [getattr(country, kind, "") for kind in ("name", "common_name", "official_name")]
        told = [tongue.gettext(name) for tongue in tongues for name in english if name]
        for spelling in (*english, *told, country.alpha_2, country.alpha_3):
            found.setdefault(" ".join(words(spelling)), country.alpha_2)
    for iso, spellings in ALSO_CALLED.items():
        found |= dict.fromkeys(spellings.split("|"), iso)
    found.pop("", None)
    return found

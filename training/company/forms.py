"""Fills in the form for simulated leads: names, addresses, words and campaign fields.

What is written here follows from columns that are already there, or is noise: it carries no news about who converts.
Spam is the one exception: its messages mostly look like spam, as real ones do.
"""

import unicodedata

import numpy as np
import pandas as pd

from training.company.words import (
    CAMPAIGNS,
    COMPANY_FIRST,
    COMPANY_SECOND,
    FACTS,
    FIRST_NAMES,
    FREE_MAIL,
    FUNCTIONS,
    LAST_NAMES,
    LEGAL_FORMS,
    OPENINGS,
    PHONE_RANGES,
    REGIONS,
    SPAM_MESSAGES,
    TITLES,
    WISHES,
)
from training.company.world import Flags, World, stream

FORM = (
    "email", "first_name", "last_name", "phone", "company", "website", "job_title", "country", "industry", "employees",
    "source", "demo_requested", "pricing_page_seen", "pages_viewed", "touches", "budget", "planned_start", "message",
    "newsletter_consent", "utm_source", "utm_medium", "utm_campaign", "referrer",
)  # fmt: skip


def fill_forms(world: World, table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same leads with every column of FORM; None where the person left a field empty."""
    draws = stream(seed, 1)
    return (
        table.assign(**names(table, draws))
        .pipe(add_company, draws)
        .pipe(add_contact, draws)
        .pipe(add_wishes, draws)
        .pipe(add_campaign, world, draws)
    )


def texts(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype=object)


def one_of(choices: tuple[str, ...], draw: float) -> str:
    return choices[int(draw * len(choices))]


def gaps(values: pd.Series, left_out: Flags) -> pd.Series:
    """The values, with None where the person left the field empty."""
    return texts([None if gap else value for value, gap in zip(values, left_out, strict=True)])


def slug(words: str) -> str:
    """Letters and digits only, as in an address: "Grünwald" becomes "grunwald"."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain.lower()).split())


def names(table: pd.DataFrame, draws: np.random.Generator) -> dict[str, pd.Series]:
    first, last = draws.random(len(table)), draws.random(len(table))
    return {
        "first_name": texts([one_of(FIRST_NAMES, u) for u in first]),
        "last_name": texts([one_of(LAST_NAMES, u) for u in last]),
    }


def add_company(table: pd.DataFrame, draws: np.random.Generator) -> pd.DataFrame:
    """Company, its site, the job title that fits the seniority, and the staff as the form's size says."""
    u, v, title, untitled, blank = draws.random((5, len(table)))
    bare = [
        f"{one_of(COMPANY_FIRST, a)} {one_of(COMPANY_SECOND[industry], b)}"
        for a, b, industry in zip(u, v, table["industry"], strict=True)
    ]
    company = texts([f"{name} {LEGAL_FORMS[land]}" for name, land in zip(bare, table["country"], strict=True)])
    without = table["free_mail"].to_numpy(bool) & (blank < 0.5)
    return table.assign(
        company=gaps(company, without),
        website=gaps(texts([f"https://www.{slug(name)}.example" for name in bare]), without | (blank > 0.8)),
        job_title=gaps(texts(list(map(title_of, table["seniority"], title))), untitled < 0.15),
        employees=np.maximum(1, np.round(10 ** table["size"])).astype(int),
        _domain=[f"{slug(name)}.example" for name in bare],
    )


def title_of(seniority: int, draw: float) -> str:
    shape = one_of(TITLES[seniority], draw)
    if "{}" not in shape:
        return shape
    return shape.format(one_of(FUNCTIONS, draw * 1e3 % 1)) + one_of(REGIONS, draw * 1e6 % 1)


def message_of(draw: float) -> str:
    fact = one_of(FACTS, draw * 1e4 % 1).format(2 + int(draw * 1e6 % 1 * 80))
    return " ".join(part for part in (one_of(OPENINGS, draw), one_of(WISHES, draw * 1e2 % 1), fact) if part)


def add_contact(table: pd.DataFrame, draws: np.random.Generator) -> pd.DataFrame:
    """E-mail (a free-mail address exactly where `free_mail` says so) and, for two leads of three, a phone number."""
    mail, number, kept = draws.random((3, len(table)))
    email = [
        f"{slug(first)}.{slug(last)}{int(10_000 + 89_999 * u)}@{one_of(FREE_MAIL[land], u * 97 % 1)}"
        if free
        else f"{slug(first)}.{slug(last)}@{domain}"
        for first, last, free, land, domain, u in zip(
            table["first_name"], table["last_name"], table["free_mail"], table["country"], table["_domain"], mail,
            strict=True,
        )
    ]  # fmt: skip
    phone = [
        fictional_number(land, u) if keep < 0.67 else None
        for land, u, keep in zip(table["country"], number, kept, strict=True)
    ]
    return table.drop(columns="_domain").assign(email=texts(list(email)), phone=texts(phone))


def fictional_number(country: str, draw: float) -> str | None:
    if country not in PHONE_RANGES:
        return None
    prefix, digits = PHONE_RANGES[country]
    return f"{prefix}{int(draw * 10**digits):0{digits}d}"


def add_wishes(table: pd.DataFrame, draws: np.random.Generator) -> pd.DataFrame:
    """Budget, planned start, message and consent."""
    word, written, spoken, dated, consent = draws.random((5, len(table)))
    money = np.exp(draws.normal(np.log(4000) + 0.45 * (table["size"] - 1.6), 0.8))
    starts = table["created_at"].dt.normalize() + pd.to_timedelta(np.round(draws.exponential(45, len(table))), unit="D")
    advert = table["_spam"].to_numpy(bool) & (spoken < 0.7)
    message = [one_of(SPAM_MESSAGES, u) if odd else message_of(u) for odd, u in zip(advert, word, strict=True)]
    return table.assign(
        budget=np.where(written < 0.4, np.maximum(100, np.round(money, -2)), np.nan),
        planned_start=gaps(texts(list(starts.dt.strftime("%Y-%m-%d"))), dated > 0.45),
        message=gaps(texts(list(message)), ~advert & (spoken > 0.6)),
        newsletter_consent=consent < 0.35,
    )


def add_campaign(table: pd.DataFrame, world: World, draws: np.random.Generator) -> pd.DataFrame:
    """Campaign fields as the source leaves them; one visitor in ten blocks them."""
    name, blocked = draws.random((2, len(table)))
    by_name = {source.name: source for source in world.sources}
    sources = [by_name[key] for key in table["source"]]
    campaign = [one_of(CAMPAIGNS.get(s.name, ("",)), u) or None for s, u in zip(sources, name, strict=True)]
    hidden = blocked < 0.1
    return table.assign(
        utm_source=gaps(texts([s.utm_source for s in sources]), hidden),
        utm_medium=gaps(texts([s.utm_medium for s in sources]), hidden),
        utm_campaign=gaps(texts(list(campaign)), hidden),
        referrer=gaps(texts([s.referrer for s in sources]), hidden),
    )

"""Which kind a column is, from its values first and its name second."""

import re
from collections.abc import Callable, Iterable, Sequence

from leads.fields import Field, from_cell
from leads.kinds import NO, YES, Kind
from training.survey.sighting import SAMPLE, Sighting, words_of

NEARLY_ALL = 0.95
FEW_LEVELS = 30
OFTEN = 20

EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]{2,}")
WEB = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
DOMAIN = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}(/\S*)?", re.IGNORECASE)
PHONE = re.compile(r"\+?[\d\s()./-]{6,22}(\s*(x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
CURRENCY = re.compile(r"[$€£¥₹]|\b(usd|eur|gbp|chf|inr)\b", re.IGNORECASE)
THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
LEADING_ZERO = re.compile(r"0\d+")
CLOCK = r"(?:[T ]+\d{1,2}:\d{2}\S*(?: ?[ap]m)?)?"
MONTHS = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*"
DATE_SHAPES = re.compile(
    rf"(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:\d{{4}}|\d{{2}})|\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}"
    rf"|\d{{1,2}}[ .-]+{MONTHS}[ .,-]+\d{{2,4}}|{MONTHS} \d{{1,2}},? \d{{4}}){CLOCK}",
    re.IGNORECASE,
)

PHONE_WORDS = words_of("phone telephone mobile cell cellphone tel telefon handy whatsapp fax msisdn")
PHONE_PARTS = re.compile("phone|telefon|handy|whatsapp|rufnummer|mobil(e?n|nr|fun)")
URL_WORDS = words_of("url website web domain homepage site link linkedin")
COMPANY_WORDS = words_of("company organization organisation employer firm firma unternehmen business account")
TITLE_WORDS = words_of("title jobtitle position designation job role occupation")
COUNTRY_WORDS = words_of("country countries nation nationality land citizenship")
PERSON_WORDS = words_of("firstname lastname fullname surname forename vorname nachname username salutation_name")
NAMED = words_of("first last full middle given family contact customer client lead person user maiden")
TEXT_WORDS = words_of(
    "message comment comments note notes description question feedback inquiry enquiry remarks remark text "
    "nachricht kommentar"
)
MONEY_WORDS = words_of(
    "price amount revenue budget income salary cost costs fee fees turnover usd eur premium payment umsatz preis "
    "gehalt einkommen balance mrr arr"
)
NOT_MONEY = words_of(
    "index idx rate ratio percent pct score count number level band group range day days month months year type "
    "flag has is no nr num per to"
)
CODE_WORDS = words_of(
    "id code zip zipcode postal postcode plz pincode region channel type category segment cluster branch store "
    "browser agent company sic naics"
)
CONSENT = re.compile(r"consent|gdpr|dsgvo|opt.?in\b|einwillig|datenschutz|privacy|permission")


def kind_of(seen: Sighting) -> Kind:
    """The first kind that fits; `category` fits everything."""
    return next((kind for kind, fits in GUESSES if fits(seen)), "category")


def fits(kind: Kind, seen: Sighting, sample: int = SAMPLE) -> float:
    """Share of the rows, over the first distinct values, that a table of this kind could be read from."""
    field = Field(kind=kind)
    return seen.share([_fits(field, text) for text in seen.texts[:sample]])


def unreadable_date(seen: Sighting) -> bool:
    """Dates, but written so that no one can tell which number is the month (or in words)."""
    return all_like(DATE_SHAPES, seen) >= NEARLY_ALL and fits("date", seen) < NEARLY_ALL


def all_like(pattern: re.Pattern[str], seen: Sighting) -> float:
    return seen.share([bool(pattern.fullmatch(text)) for text in seen.texts[:SAMPLE]])


def _fits(field: Field, text: str) -> bool:
    try:
        return from_cell(field, text) is not None
    except ValueError:
        return False


def _is_flag(seen: Sighting) -> bool:
    return 0 < seen.distinct <= 8 and all(text.lower() in YES or text.lower() in NO for text in seen.texts)


def _is_consent(seen: Sighting) -> bool:
    return _is_flag(seen) and bool(CONSENT.search(" ".join(seen.words)))


def _is_date(seen: Sighting) -> bool:
    return fits("date", seen) >= NEARLY_ALL


def _is_phone(seen: Sighting) -> bool:
    """By name or by the + of the country, however often numbers repeat: a person's number must not become a level."""
    if all_like(PHONE, seen) < 0.8 or _is_date(seen):
        return False
    named = bool(PHONE_WORDS & set(seen.words)) or bool(PHONE_PARTS.search("".join(seen.words)))
    return named or seen.share([t.startswith("+") for t in seen.texts[:SAMPLE]]) > 0.5


def _is_number(seen: Sighting) -> bool:
    return seen.numeric >= NEARLY_ALL and not _is_code(seen)


def _is_code(seen: Sighting) -> bool:
    """Numbers that count nothing: postal codes, numbered regions, anything with leading zeros."""
    if seen.share([bool(LEADING_ZERO.fullmatch(text)) for text in seen.texts[:SAMPLE]]) > 0.02:
        return True
    return seen.whole and bool({seen.words[-1], seen.words[0]} & CODE_WORDS if seen.words else False)


def _is_money(seen: Sighting) -> bool:
    if not _is_number(seen):
        return _is_amount(seen)
    if seen.share([bool(CURRENCY.search(text)) for text in seen.texts[:SAMPLE]]) > 0.5:
        return True
    words = set(seen.words)
    return bool(words & MONEY_WORDS) and not words & NOT_MONEY and seen.distinct > FEW_LEVELS


def _is_amount(seen: Sighting) -> bool:
    """Read as money because nothing else has commas before three digits: 24,500 beside 5000 or 1,200,000."""
    grouped = seen.share([bool(THOUSANDS.search(text)) for text in seen.texts[:SAMPLE]])
    return grouped > 0.05 and fits("money", seen) >= NEARLY_ALL


def _is_url(seen: Sighting) -> bool:
    if seen.distinct <= FEW_LEVELS:
        return False
    return all_like(WEB, seen) > 0.8 or (bool(URL_WORDS & set(seen.words)) and all_like(DOMAIN, seen) > 0.8)


def _many_words(seen: Sighting) -> bool:
    """Values that repeat stay a category, which keeps their levels; a title is worth more where they seldom do."""
    repeating = seen.counts[seen.counts >= OFTEN].sum()
    return seen.distinct > FEW_LEVELS and seen.numeric < 0.5 and bool(repeating < 0.7 * seen.filled)


def _is_person(seen: Sighting) -> bool:
    words = seen.words
    named = words == ("name",) or (len(words) > 1 and words[-1] == "name" and words[-2] in NAMED)
    return (
        (named or bool(PERSON_WORDS & {*words, "".join(words)})) and seen.distinct > FEW_LEVELS and seen.numeric < 0.5
    )


def _is_company(seen: Sighting) -> bool:
    words = seen.words[:-1] if seen.words[-1:] == ("name",) else seen.words
    return bool(words) and words[-1] in COMPANY_WORDS and _many_words(seen)


def _is_job_title(seen: Sighting) -> bool:
    return bool(set(seen.words[-1:]) & TITLE_WORDS or "jobtitle" in "".join(seen.words)) and _many_words(seen)


def _is_country(seen: Sighting) -> bool:
    if not COUNTRY_WORDS & set(seen.words) or seen.numeric > 0.5:
        return False
    return _known_countries(seen.texts[:SAMPLE]) >= 0.7 * min(seen.distinct, SAMPLE)


def _known_countries(texts: Iterable[str]) -> int:
    import pycountry

    known = 0
    for text in texts:
        try:
            pycountry.countries.lookup(text)
            known += 1
        except LookupError:
            continue
    return known


def _is_text(seen: Sighting) -> bool:
    """Sentences that hardly ever repeat, or that stand under a name such as message: people's own words."""
    if seen.numeric > 0.5:
        return False
    words = seen.share([len(text.split()) >= 3 for text in seen.texts[:SAMPLE]])
    spoken = bool(TEXT_WORDS & set(seen.words))
    return (spoken and words > 0.3) or (seen.own_values > 0.5 and _mean_words(seen.texts[:SAMPLE]) >= 5)


def _mean_words(texts: Sequence[str]) -> float:
    return sum(len(text.split()) for text in texts) / max(1, len(texts))


GUESSES: tuple[tuple[Kind, Callable[[Sighting], bool]], ...] = (
    ("consent", _is_consent),
    ("flag", _is_flag),
    ("phone", _is_phone),
    ("date", _is_date),
    ("money", _is_money),
    ("number", _is_number),
    ("email", lambda seen: all_like(EMAIL, seen) > 0.8),
    ("url", _is_url),
    ("country", _is_country),
    ("person", _is_person),
    ("company", _is_company),
    ("job_title", _is_job_title),
    ("text", _is_text),
)

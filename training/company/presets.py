"""Worlds whose rate, spread over sources, drift and delays follow four kinds of real funnels."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from training.company.world import SOCIAL, SOURCES, Source, World

# A marketplace that wins sellers: in a year its rate climbs from a hundredth to a seventh, and some deals take as long.
SELLER_EFFECTS = {
    "organic": 0.15, "paid_search": 0.10, "social": -0.78, "referral": -0.05,
    "direct": 0.25, "email": -1.55, "display": -1.85, "partner": 0.48,
}  # fmt: skip
OLIST = World(
    base=-3.39,
    sources=tuple(replace(source, effect=SELLER_EFFECTS[source.name]) for source in SOURCES),
    weekly_drift=0.01,
    season=0.0,
    ramp=(-2.4, -0.6, 0.0, 0.3, 0.4, 0.45),
    median_days_sales=15.5,
    median_days_nurture=19.0,
    delay_spread=1.62,
    latest_days=720.0,
)

# A bank's campaign through a crisis: from one in thirty to one in three.
BANK_DRIFT = World(base=-3.25, signal=1.3, weekly_drift=0.01, season=0.0, ramp=(-2.89, -1.63, -1.63, -0.47, 2.22))

# An online school: no spam, a high rate, and the form tells most of it.
SCHOOL_SOURCES = (
    Source("paid_search", 0.310, -0.09, "google", "cpc", "https://www.search.example/"),
    Source("direct", 0.276, -0.26),
    Source("chat", 0.190, -0.50, "website", "chat"),
    Source("organic", 0.125, -0.13, None, None, "https://www.search.example/"),
    Source("referral", 0.058, 1.48, None, "referral", "https://www.graduate.example/"),
    Source("partner", 0.016, 2.17, "partner", "referral", "https://www.partner.example/"),
    Source("referral_site", 0.014, -0.56, None, "referral", "https://www.ranking.example/"),
    Source("social", 0.011, -0.61, "linkedin", "paid_social", SOCIAL),
)
XED = World(
    base=-2.35, sources=SCHOOL_SOURCES, spam_rate=0.0, signal=2.5, intent_effect=0.2, weekly_drift=0.01, season=0.0
)

PRESETS: Mapping[str, World] = MappingProxyType(
    {"saas_fast": World(), "olist": OLIST, "bank_drift": BANK_DRIFT, "xed": XED}
)

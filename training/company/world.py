"""The constants of Accord's reference simulator: an inbound funnel whose truth is known."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Source:
    """Where leads come from: its share of all leads, its effect in log-odds, and how a visitor's address shows it."""

    name: str
    share: float
    effect: float
    utm_source: str | None = None
    utm_medium: str | None = None
    referrer: str | None = None


SEARCH, SOCIAL, PARTNER = "https://www.search.example/", "https://www.social.example/", "https://www.partner.example/"

SOURCES: tuple[Source, ...] = (
    Source("organic", 0.28, 0.2, None, None, SEARCH),
    Source("paid_search", 0.20, 0.0, "google", "cpc", SEARCH),
    Source("social", 0.17, -0.5, "linkedin", "paid_social", SOCIAL),
    Source("referral", 0.04, 0.9, None, "referral", "https://www.customer.example/"),
    Source("direct", 0.06, 0.3),
    Source("email", 0.06, 0.1, "newsletter", "email"),
    Source("display", 0.05, -0.7, "display-network", "display", "https://www.magazine.example/"),
    Source("partner", 0.14, 0.5, "partner", "referral", PARTNER),
)
INDUSTRIES: tuple[tuple[str, float], ...] = (
    ("Machinery", 0.3), ("Retail", -0.2), ("Logistics", 0.1), ("Energy", 0.0), ("Software", 0.4),
    ("Public sector", -0.4), ("Health care", 0.2), ("Education", -0.1), ("Construction", 0.0), ("Hospitality", -0.3),
)  # fmt: skip
COUNTRIES: tuple[tuple[str, float], ...] = (
    ("Germany", 0.40), ("United States", 0.15), ("United Kingdom", 0.12), ("France", 0.10),
    ("Austria", 0.08), ("Canada", 0.06), ("Sweden", 0.05), ("Australia", 0.04),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """One company's funnel. Effects are log-odds, times are days unless the name says minutes.

    `align` says whom a call helps: at 1 the hottest leads, below 0 the leads that would not have bought anyway.
    `latest_days` is when the last conversion happens; every probability counts the conversions until then.
    """

    base: float = -3.15
    sources: tuple[Source, ...] = SOURCES
    industries: tuple[tuple[str, float], ...] = INDUSTRIES
    countries: tuple[tuple[str, float], ...] = COUNTRIES
    signal: float = 1.0  # how much of what the form shows matters; 1 is the reference
    demo_effect: float = 0.9
    pricing_effect: float = 0.5
    pages_effect: float = 0.35
    seniority_effect: float = 0.25
    intent_effect: float = 0.55
    free_mail_effect: float = -0.4
    spam_rate: float = 0.12

    align: float = 0.3
    lift: float = 0.75
    lift_spread: float = 0.8
    wait_minutes: float = 90.0  # the median wait for a person's first call
    wait_spread: float = 0.8
    capacity: float = 0.2  # the share of a week's leads that sales can call

    weekly_drift: float = 0.05
    season: float = 0.15
    ramp: tuple[float, ...] = ()  # log-odds added, at even distances from the first day to the last
    concept_shift_day: float | None = None
    effect_flip_day: float | None = None

    median_days_sales: float = 12.0
    median_days_nurture: float = 19.0
    delay_spread: float = 0.9
    latest_days: float = 120.0

    usual_value: float = 3000.0
    value_by_size: float = 0.45
    value_spread: float = 0.6
    start: datetime = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday; days count from its midnight in `timezone`
    timezone: str = "Europe/Berlin"


def remaining_effect(minutes: Floats | float) -> Floats:
    """The share of a call's effect that is left after a wait of so many minutes."""
    wait = np.asarray(minutes, dtype=np.float64)
    return 0.25 + 0.45 * np.exp(-wait / 45) + 0.30 * np.exp(-wait / 1440)


def stream(seed: int, purpose: int) -> np.random.Generator:
    """Its own, repeatable stream of numbers for each purpose, so that one draw more here changes nothing there."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose,))))


def drift(world: World, days: Floats, period: float, seed: int) -> Floats:
    """Log-odds added at each day: a weekly random walk, the season, and the preset's ramp over the whole period."""
    walk = np.cumsum(stream(seed + 777, 0).normal(0, world.weekly_drift, 400))
    weeks = np.minimum(days // 7, 399).astype(int)
    ramp = np.interp(days, np.linspace(0, period, len(world.ramp)), world.ramp) if world.ramp else np.zeros(len(days))
    return np.asarray(walk[weeks] + world.season * np.sin(2 * np.pi * days / 365) + ramp, dtype=np.float64)

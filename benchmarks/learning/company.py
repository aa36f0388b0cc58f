"""A company that calls three leads of ten, drawn by lot: its past as it is known today, and the weeks that follow with
the truth."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from models.encoder import Array, Column, Encoder, LevelColumn, NumberColumn
from training.company.drawn import draw_leads
from training.company.outcomes import delays
from training.company.world import World, remaining_effect, stream

HORIZON = 120.0
HISTORY_DAYS = 182.0
NEXT_DAYS = 28.0
PAST_LEADS = 10_000
NEXT_LEADS = 20_000
CALLED = 0.3
WAIT_MINUTES = 5.0
LEVELS = ("source", "industry", "country")
NUMBERS = (
    "size", "seniority", "demo_requested", "pricing_page_seen", "pages_viewed", "touches", "free_mail", "hour", "dow",
)  # fmt: skip


class Next(NamedTuple):
    """Leads of the weeks that follow: `p` is each one's true probability."""

    X: Array
    p: Array


@dataclass(frozen=True)
class History:
    """Oldest first. `age` and `delay` in days; `delay` to conversion is NaN where there never is one, and stands also
    for conversions that are still to come."""

    encoder: Encoder
    X: Array
    age: Array
    delay: Array
    next: Next

    @property
    def seen(self) -> Array:
        """1 for leads that have converted by today."""
        return (self.delay <= self.age).astype(float)

    @property
    def final(self) -> Array:
        return (self.delay <= HORIZON).astype(float)

    @property
    def followed(self) -> Array:
        """Days from arrival to conversion, or to today."""
        return np.fmin(self.delay, self.age)


def history(seed: int, weekly_drift: float, season: float = World().season) -> History:
    world = World(weekly_drift=weekly_drift, season=season)
    days = HISTORY_DAYS + NEXT_DAYS
    leads = draw_leads(world, round(NEXT_LEADS / NEXT_DAYS * days), days, seed)
    later = (leads["_t"] >= HISTORY_DAYS).to_numpy()
    lot = stream(seed, 21)
    past = np.sort(lot.choice(np.flatnonzero(~later), PAST_LEADS, replace=False))
    encoder = columns_of(world)
    X, p = encoder.table(leads), _true(leads)
    known = leads.iloc[past]
    called = lot.random(PAST_LEADS) < CALLED
    won = lot.random(PAST_LEADS) < _chance(known, called)
    delay = np.where(won, delays(world, known, called, lot), np.nan)
    age = HISTORY_DAYS - known["_t"].to_numpy(float)
    return History(encoder, X[past], age, delay, Next(X[later], p[later]))


def columns_of(world: World) -> Encoder:
    """What the form shows; the truth behind "_" is no column."""
    levels = {
        "source": tuple(source.name for source in world.sources),
        "industry": tuple(name for name, _ in world.industries),
        "country": tuple(name for name, _ in world.countries),
    }
    columns: list[Column] = [LevelColumn(name, levels[name]) for name in LEVELS]
    return Encoder([*columns, *(NumberColumn(name) for name in NUMBERS)])


def _chance(leads: pd.DataFrame, called: np.ndarray) -> Array:
    nurtured, gain = leads["_p0"].to_numpy(float), (leads["_p1"] - leads["_p0"]).to_numpy(float)
    return np.asarray(nurtured + called * gain * remaining_effect(WAIT_MINUTES))


def _true(leads: pd.DataFrame) -> Array:
    """Before the lot has said who is called."""
    nurtured, gain = leads["_p0"].to_numpy(float), (leads["_p1"] - leads["_p0"]).to_numpy(float)
    return np.asarray(nurtured + CALLED * gain * remaining_effect(WAIT_MINUTES))

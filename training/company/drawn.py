"""Leads of the reference simulator: what the form shows of them, and the truth about them.

Columns that begin with "_" are the truth. Nobody but a test or a benchmark may look at them.
"""

import numpy as np
import pandas as pd

from training.company.world import Flags, Floats, World, drift, stream

TRUTH = ("_t", "_intent", "_size", "_spam", "_p0", "_p1", "_value", "_ev", "_minutes")
SPAM_MINUTES = 6.0


def sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def draw_leads(world: World, leads: int, days: float, seed: int) -> pd.DataFrame:
    """One row a lead, oldest first: the model's columns and the truth."""
    numbers = stream(seed, 0)
    table = draw_people(world, leads, days, numbers)
    free, size = table["free_mail"].to_numpy(bool), table["_size"].to_numpy(float)
    table["_spam"] = numbers.random(leads) < world.spam_rate * np.where(free, 1.8, 0.5)
    table["_p0"], table["_p1"] = probabilities(world, table, drift(world, table["_t"].to_numpy(float), days, seed))
    middle = np.log(world.usual_value) + world.value_by_size * (size - 1.6)
    table["_value"] = np.exp(numbers.normal(middle, world.value_spread))
    table["_ev"] = np.exp(middle + world.value_spread**2 / 2)
    called = np.exp(numbers.normal(np.log(22) + 0.12 * size, 0.35))
    table["_minutes"] = np.where(table["_spam"], SPAM_MINUTES, called)
    return table


def draw_people(world: World, leads: int, days: float, numbers: np.random.Generator) -> pd.DataFrame:
    """Everything that is settled before spam and the probabilities are."""
    t = np.sort(numbers.uniform(0, days, leads))
    intent = numbers.normal(0, 1, leads)
    source = numbers.choice(len(world.sources), leads, p=[source.share for source in world.sources])
    partner = np.array([source.name == "partner" for source in world.sources])[source]
    size = np.clip(numbers.normal(1.6 + 0.5 * partner, 0.8), 0, 5)
    hour = arrival_hours(t, numbers)
    return pd.DataFrame({
        "source": pd.Series([world.sources[k].name for k in source], dtype=object),
        "size": np.round(size + numbers.normal(0, 0.1, leads), 2),
        "seniority": numbers.choice(4, leads, p=[0.35, 0.35, 0.20, 0.10]),
        "industry": pick([name for name, _ in world.industries], None, leads, numbers),
        "country": pick([name for name, _ in world.countries], [share for _, share in world.countries], leads, numbers),
        "demo_requested": numbers.random(leads) < sigmoid(-1.6 + 0.8 * intent),
        "pricing_page_seen": numbers.random(leads) < sigmoid(-1 + 0.7 * intent),
        "pages_viewed": numbers.poisson(np.exp(1.0 + 0.35 * intent)),
        "touches": numbers.poisson(1.2 + 0.4 * (intent > 0)),
        "free_mail": numbers.random(leads) < sigmoid(0.5 - 0.8 * size),
        "hour": np.round(hour, 1),
        "dow": np.floor(t).astype(int) % 7,
        "created_at": arrival_times(world, t, hour),
        "_t": t, "_intent": intent, "_size": size,
    })  # fmt: skip


def pick(names: list[str], shares: list[float] | None, leads: int, numbers: np.random.Generator) -> pd.Series:
    return pd.Series([names[k] for k in numbers.choice(len(names), leads, p=shares)], dtype=object)


def arrival_hours(t: Floats, numbers: np.random.Generator) -> Floats:
    """Hours are noise around the early afternoon, put in order within each day so that later rows arrived later."""
    hour = np.mod(numbers.normal(13.5, 4.2, len(t)), 24)
    return np.asarray(hour[np.lexsort((hour, np.floor(t)))], dtype=np.float64)


def arrival_times(world: World, t: Floats, hour: Floats) -> pd.Series:
    """The local day and hour of each arrival as times in UTC, to the second."""
    midnight = pd.Timestamp(world.start).tz_localize(None).normalize()
    local = midnight + pd.to_timedelta(np.floor(t) * 86_400 + np.floor(hour * 3600), unit="s")
    zoned = pd.DatetimeIndex(local).tz_localize(
        world.timezone, ambiguous=np.zeros(len(t), dtype=bool), nonexistent="shift_forward"
    )
    return pd.Series(zoned.tz_convert("UTC").as_unit("us"))


def probabilities(world: World, table: pd.DataFrame, drifted: Floats) -> tuple[Floats, Floats]:
    """P(converts) if nurtured and if sales calls at once; spam never converts."""
    days = table["_t"].to_numpy(float)
    shifted, flipped = since(days, world.concept_shift_day), since(days, world.effect_flip_day)
    eta = world.base + drifted + world.signal * shown(world, table, shifted)
    eta = eta + world.intent_effect * table["_intent"].to_numpy(float)
    hot = (eta - world.base - 0.9) / 1.15
    turn = np.where(flipped, -1.0, 1.0) * responsive(table)
    gain = world.lift + world.lift_spread * (world.align * hot + np.sqrt(1 - world.align**2) * turn)
    real = ~table["_spam"].to_numpy(bool)
    return np.where(real, sigmoid(eta), 0.0), np.where(real, sigmoid(eta + gain), 0.0)


def since(days: Floats, day: float | None) -> Flags:
    return days >= (np.inf if day is None else day)


def shown(world: World, table: pd.DataFrame, shifted: Flags) -> Floats:
    """What the visible facts add to the log-odds of converting without a call."""
    source, industry = table["source"], table["industry"].map(dict(world.industries))
    large = table["_size"] > 1.5
    log_odds = (
        world.demo_effect * table["demo_requested"] * (1 - 0.6 * shifted)
        + world.pricing_effect * table["pricing_page_seen"]
        + world.pages_effect * np.log1p(table["pages_viewed"])
        + source.map({source.name: source.effect for source in world.sources}).astype(float)
        + industry.astype(float)
        + world.seniority_effect * table["seniority"] * large
        + world.free_mail_effect * table["free_mail"]
        + 0.3 * (source == "paid_search") * shifted
    )
    return np.asarray(log_odds, dtype=np.float64)


def responsive(table: pd.DataFrame) -> Floats:
    """Who a call moves, apart from intent: standardised, not linear."""
    size, source = table["_size"], table["source"]
    moved = (
        1.0 * (size > 1.8)
        + 0.8 * (table["seniority"] >= 2)
        - 0.9 * source.isin(["referral", "direct"])
        - 0.7 * (table["touches"] >= 3)
        + 0.6 * source.isin(["paid_search", "display"])
        - 0.5 * table["industry"].isin(["Machinery", "Software"])
        + 0.4 * np.sin(1.3 * size)
    )
    return np.asarray((moved - 0.55) / 0.95, dtype=np.float64)

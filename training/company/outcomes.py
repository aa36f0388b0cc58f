"""What happens to simulated leads: whom people call, who converts, and when that is seen."""

from datetime import datetime

import numpy as np
import pandas as pd

from training.company.world import Flags, Floats, World, remaining_effect, stream

REDRAWS = 20


def human_routing(world: World, leads: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Columns `routed` and `wait_minutes` (NaN if not routed): each week people call the leads that seem best to them,
    up to the capacity. They also feel the hidden intent, so the called differ from the others in ways no form shows."""
    noise = stream(seed + 1, 1)
    score = (
        0.8 * leads["demo_requested"]
        + 0.5 * leads["pricing_page_seen"]
        + 0.6 * leads["_intent"]
        + 0.5 * noise.normal(0, 1, len(leads))
    )
    week = (leads["_t"] // 7).astype(int)
    share = score.groupby(week).rank(method="first", ascending=False) / week.groupby(week).transform("size")
    routed = (share <= world.capacity).to_numpy(bool)
    wait = np.exp(noise.normal(np.log(world.wait_minutes), world.wait_spread, len(leads)))
    return pd.DataFrame({"routed": routed, "wait_minutes": np.where(routed, wait, np.nan)}, index=leads.index)


def chances(leads: pd.DataFrame, routing: pd.DataFrame) -> Floats:
    """The true probability of converting under a routing (as `human_routing` returns it)."""
    nurtured = leads["_p0"].to_numpy(float)
    gain = leads["_p1"].to_numpy(float) - nurtured
    left = remaining_effect(routing["wait_minutes"].fillna(0).to_numpy(float))
    return nurtured + np.where(routing["routed"], gain * left, 0.0)


def outcomes(
    world: World, leads: pd.DataFrame, routing: pd.DataFrame, seed: int, as_of: datetime | None = None
) -> pd.DataFrame:
    """Columns `converted`, `converted_at` and `value` as they are known on `as_of`; None means once all is known.

    The same seed gives a lead the same luck under every routing, so that two routings differ by their effect alone.
    """
    luck = stream(seed + 1, 0)
    won = luck.random(len(leads)) < chances(leads, routing)
    delay = delays(world, leads, routing["routed"].to_numpy(bool), luck)
    at = leads["created_at"] + pd.to_timedelta(np.round(delay * 86_400), unit="s")
    seen = won & (True if as_of is None else (at <= pd.Timestamp(as_of)).to_numpy(bool))
    return pd.DataFrame(
        {"converted": seen, "converted_at": at.where(seen), "value": leads["_value"].round(2).where(seen)},
        index=leads.index,
    )


def delays(world: World, leads: pd.DataFrame, routed: Flags, luck: np.random.Generator) -> Floats:
    """Days from arrival to conversion: log-normal, drawn again (and at last cut) where later than the latest day."""
    median = np.where(routed, world.median_days_sales, world.median_days_nurture)
    slower = np.exp(0.15 * (leads["_size"].to_numpy(float) - 1.6)) * np.where(leads["demo_requested"], 0.75, 1.15)
    drawn = median * slower * np.exp(luck.normal(0, world.delay_spread, (REDRAWS + 1, len(leads))))
    fitting = np.argmax(drawn <= world.latest_days, axis=0)
    chosen = drawn[fitting, np.arange(len(leads))]
    return np.asarray(np.minimum(chosen, world.latest_days), dtype=np.float64)


def gained_value(leads: pd.DataFrame, routed: Flags, wait_minutes: float = 5.0) -> float:
    """The expected value that calling these leads adds over nurturing them all: the yardstick of a routing rule."""
    gain = (leads["_p1"] - leads["_p0"]) * leads["_ev"] * remaining_effect(wait_minutes)
    return float(gain.to_numpy(float)[routed].sum())


def oracle_routing(leads: pd.DataFrame, share: float) -> Flags:
    """The best choice of a given share of the leads, for whoever knows the truth."""
    worth = ((leads["_p1"] - leads["_p0"]) * leads["_ev"]).rank(method="first", ascending=False)
    return (worth <= round(share * len(leads))).to_numpy(bool)

"""A company with a known truth: its leads, and the table of past leads it would export."""

from datetime import datetime

import numpy as np
import pandas as pd

from training.company.drawn import draw_leads
from training.company.forms import FORM, fill_forms
from training.company.outcomes import human_routing, outcomes
from training.company.world import World, stream

AFTER_CONTACT = ("routed_to_sales", "lead_status", "last_activity", "calls_logged")


def simulate(world: World, leads: int, days: float, seed: int) -> pd.DataFrame:
    """One row a lead, oldest first: the form, the reference columns and the truth behind "_"; equal for equal seeds."""
    return fill_forms(world, draw_leads(world, leads, days, seed), seed)


def history(world: World, leads: pd.DataFrame, seed: int, as_of: datetime | None = None) -> pd.DataFrame:
    """What the company's CRM would export on `as_of` (default: the newest arrival) after people had routed the leads.

    No truth is in it. AFTER_CONTACT columns were written once sales had worked: a model must not learn from them.
    """
    drawn = leads["created_at"].iloc[-1] if as_of is None else pd.Timestamp(as_of)
    routing = human_routing(world, leads, seed)
    seen = outcomes(world, leads, routing, seed, drawn)
    known = leads[["created_at", *FORM]].assign(lead_id=[f"L-{100_000 + k}" for k in range(len(leads))])
    return known[["lead_id", "created_at", *FORM]].assign(
        routed_to_sales=routing["routed"],
        **paper_trail(leads, routing["routed"], seen["converted"], seed),
        converted=seen["converted"].astype(int),
        won_date=seen["converted_at"].dt.strftime("%Y-%m-%d"),
        deal_value=seen["value"],
    )


def paper_trail(leads: pd.DataFrame, routed: pd.Series, won: pd.Series, seed: int) -> dict[str, pd.Series]:
    """What people leave in a CRM: status, last activity and calls, as careless as people are."""
    draws = stream(seed + 1, 2)
    u, v = draws.random((2, len(leads)))
    spam = leads["_spam"]
    status = np.select(
        [won & (u < 0.93), won, spam & (u < 0.6), routed & (u < 0.5), routed & (u < 0.9)],
        ["Customer", "Qualified", "Junk", "Disqualified", "Working"],
        default=np.where(u < 0.7, "Nurturing", "Open"),
    )
    activity = np.select(
        [won & (v < 0.85), routed & (v < 0.3), routed & (v < 0.8), v < 0.1],
        ["Contract sent", "Meeting held", "Call attempted", "Unsubscribed"],
        default=np.where(v < 0.6, "E-mail opened", "Form submitted"),
    )
    calls = draws.poisson(np.where(routed, 2.5 + 2.0 * won, 0.05 + 0.6 * won))
    made = {"lead_status": pd.Series(status), "last_activity": pd.Series(activity), "calls_logged": pd.Series(calls)}
    return {name: column.set_axis(leads.index) for name, column in made.items()}

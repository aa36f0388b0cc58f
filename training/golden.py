"""Invented leads that go with a bundle: wherever it is opened they must get the scores they got here."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pandas as pd

from leads.fields import Field, Kind, Value
from leads.form import ARRIVED

LEADS = 8
SEED = 20261122
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
INVENTED: Mapping[Kind, tuple[Value, ...]] = {
    "email": ("jo@example.com", "info@gmail.com", "max@example.de", "x1234@mailinator.com"),
    "phone": ("+49 30 901820", "+1 202 555 0123", "12345"),
    "person": ("Jo Example", "x", "Maxine Mustermann"),
    "company": ("Example GmbH", "ACME Inc", "Sample & Sons Ltd"),
    "job_title": ("Head of Sales", "VP Engineering", "intern", "Geschäftsführer"),
    "country": ("Germany", "US", "India"),
    "url": ("https://example.com/pricing", "http://example.de"),
    "text": ("We would like a demo next week.", "hi", "Price? See https://example.com"),
    "flag": (True, False),
    "date": (datetime.date(2026, 3, 1), datetime.date(2026, 12, 24)),
}
ARRIVALS = (
    datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 7, 18, 22, 5, tzinfo=datetime.UTC),
)


def golden_leads(fields: Mapping[str, Field], values: pd.DataFrame) -> list[dict[str, Value]]:
    """Numbers are quantiles of the table rounded to two digits, levels are the agreement's: nobody's lead is kept. The
    first lead gives nothing at all."""
    draw = np.random.default_rng(SEED)
    offered = {key: choices for key, field in fields.items() if (choices := _choices(key, field, values))}
    leads: list[dict[str, Value]] = [{}]
    while len(leads) < LEADS:
        lead = {key: choices[draw.integers(len(choices))] for key, choices in offered.items() if draw.random() < 0.8}
        leads.append(lead | {ARRIVED: ARRIVALS[len(leads) % len(ARRIVALS)]})
    return leads


def _choices(key: str, field: Field, values: pd.DataFrame) -> tuple[Value, ...]:
    if field.kind in ("number", "money"):
        seen = values[key].dropna()
        return tuple(float(f"{number:.2g}") for number in seen.quantile(QUANTILES)) if len(seen) else ()
    if field.kind == "category":
        return (*field.levels, "never seen before")
    return INVENTED.get(field.kind, ())

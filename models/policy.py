"""The rule that turns a score into a band and a route."""

from __future__ import annotations

from collections.abc import Mapping

from leads.agreement import Routing
from leads.lead import Band, Route
from leads.sections import BandBound

BOUNDED: tuple[BandBound, ...] = ("A", "B", "C")
BANDS: tuple[Band, ...] = (*BOUNDED, "D")


def band(probability: float, lower_bounds: Mapping[BandBound, float]) -> Band:
    """Bounds belong to the band above them; below C is D."""
    return next((name for name in BOUNDED if name in lower_bounds and probability >= lower_bounds[name]), "D")


def route(lead_band: Band, routing: Routing) -> Route:
    """Sales from the agreed band upwards, else nurture: the threshold while there is no price of a sales minute."""
    return "sales" if BANDS.index(lead_band) <= BANDS.index(routing.sales_from) else "nurture"

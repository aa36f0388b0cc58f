"""Bands, and the shares of leads that are routed otherwise."""

from leads.contradictions.place import Found
from leads.sections import Agreement

MOST_OTHERWISE = 0.5
"""The most of the leads that the lot and people's looks may take together."""


def routing(agreement: Agreement) -> Found:
    yield from bands(agreement)
    said = agreement.routing
    if said.review_share + said.guard_slice > MOST_OTHERWISE:
        shown = "routing.review_share and routing.guard_slice take more than half of the leads;"
        yield ("routing", "review_share"), f"{shown} lower one of them, so that most are routed by what they are worth."


def bands(agreement: Agreement) -> Found:
    bounds = agreement.routing.bands
    missing = [band for band in "ABC" if band not in bounds]
    if missing:
        yield ("routing", "bands"), f"routing.bands lacks {', '.join(missing)}; give the lower bounds of A, B and C."
    elif not bounds["A"] > bounds["B"] > bounds["C"]:
        yield ("routing", "bands"), "routing.bands must fall from A to C, for example { A = 0.3, B = 0.15, C = 0.05 }."

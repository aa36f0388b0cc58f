"""What a proposed agreement would have done, as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from leads.agreement import Agreement
from leads.agreement_change import changed_keys, changes
from leads.ledger import DayPrice, Proposed
from models.proposal import Comparison, DecidedAgain, Ruled, segments, sums
from serving.agreeing.agreements import changes_body

MOST_SEGMENTS = 100


def proposal_body(
    proposed: Proposed, before: Agreement, after: Agreement, found: Comparison, notes: Sequence[str]
) -> dict[str, Any]:
    return {
        "agreement": proposed.number,
        "instead_of": proposed.instead_of,
        "anew": proposed.anew,
        "changes": changes_body(changes(before, after)),
        "keys": changed_keys(before, after),
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "model": found.model,
        "notes": list(notes),
        "price": {"before": _price_body(found.price_before), "after": _price_body(found.price_after)},
        "leads": len(found.leads),
        "routes": _routes_body(found),
        "segments": [one._asdict() for one in segments(found.leads)[:MOST_SEGMENTS]],
        "changed": [_lead_body(one) for one in found.changed],
    }


def notes_of(before: Agreement, after: Agreement, found: Comparison) -> Iterator[str]:
    """What the figures do not say by themselves."""
    if found.leads and found.price_before is None and found.price_after is None:
        yield "Under neither is there a price of a sales minute now, so the agreed bands decide."
    elif found.leads and (found.price_before is None or found.price_after is None):
        which = "the one in force" if found.price_before is None else "the proposed one"
        yield f"Under {which} there is no price of a sales minute, since nobody of its team is there: its bands decide."
    same_goal = before.goal.conversion == after.goal.conversion and before.goal.within_days == after.goal.within_days
    if found.model is not None and not same_goal:
        yield "The model was trained for the goal in force: its probabilities are not yet those of the proposed goal."


def _price_body(price: DayPrice | None) -> dict[str, float] | None:
    if price is None:
        return None
    return {"value": price.value, "demand": price.demand, "capacity": price.capacity}


def _routes_body(found: Comparison) -> dict[str, Any]:
    before, after = sums([one.before for one in found.leads]), sums([one.after for one in found.leads])
    return {
        route: {
            "recorded": sum(one.recorded == route for one in found.leads),
            "before": before[route]._asdict(),
            "after": after[route]._asdict(),
        }
        for route in before
    }


def _lead_body(one: DecidedAgain) -> dict[str, Any]:
    return {
        "lead": one.lead,
        "decision": one.decision,
        "decided_at": one.decided_at.isoformat(),
        "recorded": one.recorded,
        "before": _ruled_body(one.before),
        "after": _ruled_body(one.after),
    }


def _ruled_body(ruled: Ruled) -> dict[str, Any]:
    names = ("route", "ruled_by", "probability", "band", "index", "minutes")
    return {name: getattr(ruled, name) for name in names}

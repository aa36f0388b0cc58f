"""What scores now, since when and why, and what the next rung needs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from leads.lead import Rung
from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.bundle import promotions
from leads.ledger.retraining import Retraining, retrainings

UNKNOWN = "The next `accord retrain` says what a richer kind of model needs."


@dataclass(frozen=True, slots=True)
class Standing:
    """`model` is None while the agreement's scorecard scores, `rung` where the model does not tell it. `retrained` is
    the last retraining that came to an end."""

    model: int | None
    rung: Rung | None
    since: datetime | None
    why: str | None
    next_rung: str
    retrained: Retraining | None


def standing(ledger: Ledger) -> Standing:
    story, last = promotions(ledger), _last(ledger)
    if not story:
        return Standing(None, "scorecard", None, None, _next(last, None), last)
    now = story[-1]
    rung = "scorecard" if now.bundle is None else _rung(ledger, now.bundle)
    return Standing(now.bundle, rung, now.promoted_at, now.reason, _next(last, now.bundle), last)


def _last(ledger: Ledger) -> Retraining | None:
    """At most one is at work, and that is the newest."""
    return next((one for one in retrainings(ledger, 2) if one.ended_at is not None), None)


def _next(last: Retraining | None, model: int | None) -> str:
    """What was found of another champion says nothing of this one."""
    if last is None or last.next_rung is None:
        return UNKNOWN
    served = last.bundle if last.result == "promoted" else last.champion
    return last.next_rung if served == model else UNKNOWN


def _rung(ledger: Ledger, number: int) -> Rung | None:
    here = tables.bundles
    with ledger.reading() as connection:
        facts = connection.scalar(select(here.c.facts).where(here.c.number == number)) or {}
    rung: Rung | None = facts.get("rung")
    return rung

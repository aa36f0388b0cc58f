"""What changed from one decision about a lead to the next, for the person who gets it back."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Decision
from models.engaged import FOLDED, kinds_in, times


def what_changed(before: Decision, since: datetime, now: Decision, agreement: Agreement, zone: ZoneInfo) -> str:
    """What the person did comes first, what counts most of it before the rest. `since` is when the lead was scored as
    it is in the decision before, which may have come later."""
    told = (
        list(_did(before, now, agreement))
        or list(_moved(before, now))
        or ["nothing new; it was left alone for a while"]
    )
    return f"since {since.astimezone(zone).date()}: {'; '.join(told)}"


def _did(before: Decision, now: Decision, agreement: Agreement) -> Iterator[str]:
    had = {one.feature: one.effect for one in before.score.contributions}
    gained = {one.feature: one.effect - had.get(one.feature, 0.0) for one in now.score.contributions}
    kinds = agreement.marketing.engagements
    for kind in sorted(kinds_in(now.features), key=lambda kind: -gained.get(FOLDED + kind, 0.0)):
        often = times(now.features, kind) - times(before.features, kind)
        if often > 0 and kind in kinds:
            yield kinds[kind].label + (f" {often} times" if often > 1 else "")


def _moved(before: Decision, now: Decision) -> Iterator[str]:
    if now.score.model != before.score.model or now.agreement != before.agreement:
        by = now.score.model or "the scorecard"
        yield f"scored by {by} under agreement {now.agreement}"
    if now.price is not None and before.price is not None and now.price < before.price:
        yield f"a minute of sales has to earn {now.price:,.2f}, no longer {before.price:,.2f}"

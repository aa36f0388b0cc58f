"""A decision's ruling made again: its band, index, lot, price, route and propensity, from what the ledger kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from features.engagement import mailable
from leads.agreement import Agreement
from leads.lead import Decision, Engagement, Route, Score, Submission
from leads.ledger.book import Ledger
from leads.ledger.decision import Earlier, routed_before, submission_by_id
from leads.ledger.engagement import engagements_of
from leads.ledger.price import SavedPrice, price_by_number
from leads.marks import doubtful
from models import policy
from models.engaged import interest_at
from models.policy import Price, Verdict, Weighed


class Circumstances(NamedTuple):
    """What a decision was made on beside its score; `before` is how the lead stood until then, and
    `engagements` are those that were known."""

    submission: Submission
    salt: bytes
    price: SavedPrice | None
    before: Earlier
    engagements: Sequence[Engagement]


def circumstances(ledger: Ledger, decision: Decision) -> Circumstances:
    with ledger.reading() as connection:
        return Circumstances(
            submission_by_id(connection, decision.submission),
            ledger.salt,
            price_by_number(connection, decision.price_number) if decision.price_number is not None else None,
            routed_before(connection, decision),
            engagements_of(connection, decision.lead, decision.decided_at),
        )


def ruling(decision: Decision) -> dict[str, object]:
    """What the policy says of a lead."""
    names = ("band", "route", "price", "propensity", "index", "lot", "ruled_by", "chosen")
    return {name: getattr(decision, name) for name in names}


def ruled_again(decision: Decision, score: Score, agreement: Agreement, known: Circumstances) -> Decision:
    """`decision` with what the policy says now in place of what it said then. A decision from before prices were made
    has the route of its band; one that a suspected bot's form left as it was repeats an earlier one."""
    band = policy.band(score.probability, agreement.routing.bands)
    if decision.ruled_by is None:
        return replace(decision, band=band, route=_route_by_band(decision, policy.by_band(band, agreement.routing)))
    if decision.cause == "kept":
        return replace(decision, band=band, propensity=None, route=known.before.route or decision.route)
    weighed = _weighed(decision, score, agreement, known.submission)
    lot = policy.lot(known.salt, decision.submission)
    verdict = _verdict(decision, weighed, lot, agreement, known)
    price = known.price.price.value if known.price else None
    return replace(decision, band=band, price=price, index=weighed.index, lot=lot, **verdict._asdict())


def _weighed(decision: Decision, score: Score, agreement: Agreement, submission: Submission) -> Weighed:
    minutes = decision.minutes if decision.minutes is not None else policy.USUAL_MINUTES
    wait = policy.waited(interest_at(submission, decision.features, agreement), decision.decided_at)
    told = (score.probability, score.spread, decision.value, minutes, wait, agreement, score.p_nurture)
    return policy.on_scales(*told)


def _verdict(decision: Decision, weighed: Weighed, lot: float, agreement: Agreement, known: Circumstances) -> Verdict:
    """What a person said cannot be made again, only that no lot was drawn for it. Sales can have had a lead only if the
    lead was routed there, and a suspected bot shows in the marks, or in the quarantine that it was in."""
    before = known.before.route
    if decision.ruled_by == "hand":
        return Verdict(decision.route, None, "hand")
    if decision.ruled_by == "bot" and (doubtful(known.submission.marks) or before == "quarantine"):
        return Verdict("quarantine", None, "bot")
    if decision.ruled_by == "owner" and (before == "sales" or (before == "review" and decision.cause != "submission")):
        return Verdict(before, None, "owner")
    price = Price(known.price.number, known.price.price.value, known.price.price.review_from) if known.price else None
    earlier = policy.before(decision.cause, *known.before)
    may_nurture = mailable(agreement, known.submission, known.engagements, decision.decided_at)
    return policy.route(weighed, price, agreement, lot, may_nurture, earlier, decision.decided_at)


def _route_by_band(decision: Decision, by_policy: Route) -> Route:
    """The policy had no say where a person had it, or where a bot was suspected; and a person looks at a lead that may
    not be nurtured."""
    by_hand = decision.cause in ("override", "kept", "imported") or decision.note is not None
    if by_hand or decision.route == "quarantine" or (decision.route == "review" and by_policy == "nurture"):
        return decision.route
    return by_policy

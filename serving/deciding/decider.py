"""From a score to a decision: the policy's route, and who gets the lead."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from features.engagement import mailable
from leads.agreement import Agreement
from leads.fields import Value
from leads.lead import SCORED_AGAIN, Assignment, Cause, Decision, Route, Submission, decision_id
from leads.ledger import (
    Connection,
    Ledger,
    Made,
    Placement,
    assignment_of,
    engagements_of,
    nurtured_since,
    routed_now,
)
from models import policy
from models.engaged import interest_at
from models.policy import Verdict, Weighed
from serving.deciding.pricing import Prices
from serving.nurturing.tracks import track_of
from serving.scoring.live import Scored
from serving.team.assignment import QUEUES
from serving.team.placement import Placed, Placing


def utc_now() -> datetime:
    return datetime.now(UTC)


class Told(NamedTuple):
    """What is decided on: the submission that counts, all that the lead said so far, its score, the digest of its
    company, and what was decided last; `note` is what a person said of it."""

    submission: Submission
    values: Mapping[str, Value]
    scored: Scored
    company: str | None
    last: Decision | None
    note: str | None = None


class ByHand(NamedTuple):
    """What a person said: the route, to whom where they named somebody, and why; it is kept with the decision."""

    route: Route
    owner: str | None = None
    note: str | None = None


class Weighing(NamedTuple):
    """What stood on the scales; `mailed` where marketing nurtures the lead by mail."""

    now: datetime
    weighed: Weighed
    price: policy.Price | None
    lot: float
    verdict: Verdict
    mailed: bool


class Decider:
    """Decides under one agreement; `number` is its number in the ledger. What it decides is not written yet."""

    def __init__(
        self, ledger: Ledger, agreement: Agreement, number: int, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self.now = now
        self.placing = Placing(agreement)
        self.prices = Prices(ledger, agreement, number, now)

    def decide(
        self,
        connection: Connection,
        told: Told,
        cause: Cause = "submission",
        by_hand: ByHand | None = None,
        doubted: bool = False,
    ) -> Made:
        """`doubted` where the form looks like a bot's."""
        now, score = self.now(), told.scored.score
        interest = interest_at(told.submission, told.scored.row, self.agreement)
        weighed = policy.weigh(score, told.values, self.agreement, policy.waited(interest, now))
        price, lot = self.prices.of(score.model), policy.lot(self.ledger.salt, told.submission.id)
        stood = assignment_of(connection, told.submission.lead) if told.last is not None else None
        verdict = self._ruled(by_hand, doubted) or _kept(told.last, stood, cause)
        may_nurture = self._may_be_mailed(connection, told, now)
        verdict = verdict or self._verdict(connection, told, cause, weighed, price, lot, may_nurture, now)
        mailed = verdict.route == "nurture" and may_nurture
        decision = decision_id()
        sent = told.submission
        placed = Placed(decision, sent.lead, told.values, weighed, interest, told.company, stood)
        placement = self._placement(connection, placed, verdict.route, cause, by_hand, now)
        weighing = Weighing(now, weighed, price, lot, verdict, mailed)
        made = self._made(decision, told, cause, by_hand, weighing, placement)
        return Made(made, placement, self._since(connection, made, told.last))

    def _made(
        self,
        decision: str,
        told: Told,
        cause: Cause,
        by_hand: ByHand | None,
        weighing: Weighing,
        placement: Placement,
    ) -> Decision:
        now, weighed, price, lot, verdict, mailed = weighing
        return Decision(
            id=decision,
            lead=told.submission.lead,
            submission=told.submission.id,
            decided_at=now,
            score=told.scored.score,
            horizon_days=self.agreement.goal.within_days,
            band=weighed.band,
            route=verdict.route,
            owner=placement.owner,
            respond_by=placement.respond_by,
            agreement=self.number,
            price=price.value if price else None,
            propensity=verdict.propensity,
            features=told.scored.row,
            cause=cause,
            degraded=told.scored.degraded,
            note=by_hand.note if by_hand else told.note,
            price_number=price.number if price else None,
            value=weighed.value,
            minutes=weighed.minutes,
            index=weighed.index,
            lot=lot,
            ruled_by=verdict.ruled_by,
            chosen=verdict.chosen,
            track=track_of(self.agreement.marketing, told.values, weighed.band) if mailed else None,
        )

    def _since(self, connection: Connection, made: Decision, last: Decision | None) -> datetime | None:
        """Since when it is in its track."""
        if made.route != "nurture" or last is None or (last.route, last.track) != (made.route, made.track):
            return made.decided_at
        return nurtured_since(connection, made.lead, made.track)

    def _ruled(self, by_hand: ByHand | None, doubted: bool) -> Verdict | None:
        """Where the policy has no say."""
        if by_hand is not None:
            return Verdict(by_hand.route, None, "hand")
        return Verdict("quarantine", None, "bot") if doubted else None

    def _verdict(
        self,
        connection: Connection,
        told: Told,
        cause: Cause,
        weighed: Weighed,
        price: policy.Price | None,
        lot: float,
        may_nurture: bool,
        now: datetime,
    ) -> Verdict:
        lead = told.submission.lead
        before = policy.before(cause, *routed_now(connection, lead)) if cause in SCORED_AGAIN else None
        return policy.route(weighed, price, self.agreement, lot, may_nurture, before, now)

    def _may_be_mailed(self, connection: Connection, told: Told, now: datetime) -> bool:
        """A lead that was never decided did nothing yet."""
        engaged = engagements_of(connection, told.submission.lead, now) if told.last is not None else []
        return mailable(self.agreement, told.submission, engaged, now)

    def _placement(
        self,
        connection: Connection,
        placed: Placed,
        route: Route,
        cause: Cause,
        by_hand: ByHand | None,
        now: datetime,
    ) -> Placement:
        owner = by_hand.owner if by_hand is not None and by_hand.owner not in QUEUES.values() else None
        if route not in ("sales", "review"):
            placement = self.placing.to_marketing(placed, now)
            return placement._replace(owner=owner) if owner is not None else placement
        if owner is not None:
            return self.placing.by_hand(connection, placed, owner, now)
        if cause == "returned":
            return self.placing.to_others(connection, placed, now)
        if cause in ("engagement", "nightly") and (stood := placed.before) is not None and stood.ended_at is not None:
            return self.placing.to_others(connection, placed, now, rather=True)
        return self.placing.to_sales(connection, placed, now, again=cause != "submission")


def _kept(last: Decision | None, stood: Assignment | None, cause: Cause) -> Verdict | None:
    """Sales keeps a lead that somebody has when it writes again, or that was answered for, whatever its new score."""
    if last is None or stood is None or stood.ended_at is not None:
        return None
    writes_again = cause == "submission" and stood.owner is not None and last.route == "sales"
    answered = (cause in SCORED_AGAIN or cause == "objection") and stood.answered_at is not None
    return Verdict(last.route, None, "owner") if writes_again or answered else None

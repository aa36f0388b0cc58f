"""What an agreement would have done with the leads of the last weeks, beside the one in force.

Every form that was decided is decided again under both, by the policy itself, scored as the champion would score it now
and held against a price made alike for both, so that whatever differs comes from the agreement alone. Nothing is
written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from features.engagement import mailable
from leads.agreement import Agreement
from leads.consent import may_be_profiled
from leads.fields import Value
from leads.known_answers import together, values_of
from leads.lead import Band, Engagement, Route, RuledBy, Submission
from leads.ledger.book import Ledger
from leads.ledger.bundle import champion
from leads.ledger.engagement import engagements_of_leads
from leads.ledger.price import DayPrice, SentDecision, sendings, sent_decisions
from leads.refusal import Failure
from models import policy
from models.bundle_document import BundleRefused
from models.champion import saved_scorer
from models.engaged import engaged_row, interest_at
from models.naming import model_or_none
from models.pricing import AT_ONCE, Chance, scores_of, todays_price
from models.scorecard import scorecard_scorer
from models.scorer import Row, Scorer

OF_SALES: tuple[Route, ...] = ("sales", "review")
"""A person spends minutes on them."""
STANDS: tuple[RuledBy, ...] = ("owner", "bot", "hand")
"""What had the last word where no agreement has one: a person had the lead already, or it looked like a bot's."""
UNSAID = "not given"


@dataclass(frozen=True, slots=True)
class Ruled:
    """What one agreement makes of a lead; `index` is None where nobody said what the lead is worth, `p_nurture` where
    the model does not know what a call adds."""

    route: Route
    ruled_by: RuledBy
    probability: float
    band: Band
    index: float | None
    minutes: float
    p_nurture: float | None = None

    @property
    def expected(self) -> float:
        """The chance that it converts on this route."""
        return self.probability if self.route in OF_SALES or self.p_nurture is None else self.p_nurture


class DecidedAgain(NamedTuple):
    """`recorded` is the route that it really got. `said` has its level of each field by which leads are told apart."""

    lead: str
    decision: str
    decided_at: datetime
    recorded: Route
    before: Ruled
    after: Ruled
    said: Mapping[str, str]

    @property
    def changed(self) -> bool:
        return self.before.route != self.after.route


class Sum(NamedTuple):
    """Of the leads of one route; `conversions` is the sum of their chances to convert on it."""

    leads: int
    minutes: float
    conversions: float


class Segment(NamedTuple):
    """How many leads with this level of the field are for sales, before and after."""

    field: str
    level: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A price is None where the agreed bands decide."""

    since: datetime
    until: datetime
    model: str | None
    leads: Sequence[DecidedAgain]
    price_before: DayPrice | None
    price_after: DayPrice | None

    @property
    def changed(self) -> list[DecidedAgain]:
        return [one for one in self.leads if one.changed]


class Terms(NamedTuple):
    """An agreement, its number where it has one, and what scores and prices under it."""

    agreement: Agreement
    number: int
    price: DayPrice | None
    scorer: Callable[[], Scorer]


def compared(
    ledger: Ledger, in_force: tuple[Agreement, int], proposed: tuple[Agreement, int], now: datetime, days: int
) -> Comparison:
    number, since = champion(ledger), now - timedelta(days=days)
    before, after = _terms(ledger, *in_force, number, now), _terms(ledger, *proposed, number, now)
    with ledger.reading() as connection:
        decided = sent_decisions(connection, since, now)
    leads: list[DecidedAgain] = []
    for first in range(0, len(decided), AT_ONCE):
        leads += _again(ledger, decided[first : first + AT_ONCE], before, after)
    return Comparison(since, now, model_or_none(number), leads, before.price, after.price)


def sums(ruled: Sequence[Ruled]) -> dict[Route, Sum]:
    found: dict[Route, Sum] = {}
    for route in ("sales", "review", "nurture", "quarantine"):
        mine = [one for one in ruled if one.route == route]
        minutes = sum(one.minutes for one in mine) if route in OF_SALES else 0.0
        found[route] = Sum(len(mine), minutes, sum(one.expected for one in mine))
    return found


def segments(leads: Sequence[DecidedAgain]) -> list[Segment]:
    """Those of whom sales gets more leads, or fewer; the greatest change first. A field in which all leads are alike
    tells none apart."""
    counted: dict[tuple[str, str], list[int]] = {}
    for one in leads:
        for said in one.said.items():
            counts = counted.setdefault(said, [0, 0])
            counts[0] += one.before.route in OF_SALES
            counts[1] += one.after.route in OF_SALES
    levels = Counter(field for field, _ in counted)
    differing = {said: counts for said, counts in counted.items() if levels[said[0]] > 1 and counts[0] != counts[1]}
    found = [Segment(*said, *counts) for said, counts in differing.items()]
    return sorted(found, key=lambda one: (-abs(one.after - one.before), one.field, one.level))


def _terms(ledger: Ledger, agreement: Agreement, number: int, bundle: int | None, now: datetime) -> Terms:
    @cache
    def scorer() -> Scorer:
        if bundle is None:
            return scorecard_scorer(agreement)
        try:
            return saved_scorer(ledger, bundle)
        except BundleRefused as refused:
            raise Failure(
                f"The champion, model {bundle}, cannot be opened: {refused}. `accord rollback` takes it away."
            ) from None

    return Terms(agreement, number, todays_price(ledger, agreement, number, bundle, scorer, "daily", now), scorer)


def _again(ledger: Ledger, decided: Sequence[SentDecision], before: Terms, after: Terms) -> Iterator[DecidedAgain]:
    with ledger.reading() as connection:
        leads = [one.lead for one in decided]
        sent, engaged = sendings(connection, leads), engagements_of_leads(connection, leads)
    kept = [(one, forms) for one in decided if (forms := _forms(sent[one.lead], one.submission))]
    objected = [
        one.degraded == "no-consent" and may_be_profiled(before.agreement, forms[0].form) for one, forms in kept
    ]
    both = zip(
        kept,
        _ruled(kept, engaged, objected, before, ledger.salt),
        _ruled(kept, engaged, objected, after, ledger.salt),
        strict=True,
    )
    for (one, forms), old, new in both:
        told = (one.lead, one.id, one.decided_at, one.route)
        yield DecidedAgain(*told, old, new, _said(_known(forms, before.agreement), before.agreement))


def _forms(sent: Sequence[Submission], submission: str) -> Sequence[Submission]:
    """The form that was decided and those before it, newest first; nothing of a lead that was erased in between."""
    place = next((place for place, one in enumerate(sent) if one.id == submission), len(sent))
    return sent[place:]


def _known(forms: Sequence[Submission], agreement: Agreement) -> dict[str, Value]:
    fields = agreement.form.fields
    return together(values_of(forms[0], fields), forms[1:], fields)


def _ruled(
    kept: Sequence[tuple[SentDecision, Sequence[Submission]]],
    engaged: Mapping[str, Sequence[Engagement]],
    objected: Sequence[bool],
    terms: Terms,
    salt: bytes,
) -> list[Ruled]:
    agreement = terms.agreement
    values = [_known(forms, agreement) for _, forms in kept]
    by_points = [
        objects or not may_be_profiled(agreement, forms[0].form)
        for objects, (_, forms) in zip(objected, kept, strict=True)
    ]
    rows: list[Row] = [
        {} if objects else engaged_row(engaged[decided.lead], decided.decided_at, agreement)
        for objects, (decided, _) in zip(objected, kept, strict=True)
    ]
    scores: dict[int, Chance] = {}
    for points in (False, True):
        places = [place for place, one in enumerate(by_points) if one == points]
        if places:
            scorer = scorecard_scorer(agreement) if points else terms.scorer()
            did = [rows[place] for place in places]
            scores |= zip(places, scores_of([values[place] for place in places], did, agreement, scorer), strict=True)
    return [
        _one(decided, forms[0], engaged[decided.lead], rows[place], values[place], scores[place], terms, salt)
        for place, (decided, forms) in enumerate(kept)
    ]


def _one(
    decided: SentDecision,
    submission: Submission,
    engaged: Sequence[Engagement],
    row: Row,
    values: Mapping[str, Value],
    score: Chance,
    terms: Terms,
    salt: bytes,
) -> Ruled:
    agreement, made = terms.agreement, terms.price
    wait = policy.waited(interest_at(submission, row, agreement), decided.decided_at)
    value, minutes = policy.value_of(values, agreement), policy.minutes_of(values, agreement)
    weighed = policy.on_scales(score.probability, score.spread, value, minutes, wait, agreement, score.p_nurture)
    price = policy.Price(0, made.value, made.review_from) if made is not None else None
    lot = policy.lot(salt, decided.submission)
    may_nurture = mailable(agreement, submission, engaged, decided.decided_at)
    verdict = policy.route(weighed, price, agreement, lot, may_nurture)
    route, ruled_by = verdict.route, verdict.ruled_by
    if decided.ruled_by in STANDS or decided.route == "quarantine":
        route, ruled_by = decided.route, decided.ruled_by or "bot"
    chances = weighed.probability, weighed.band, weighed.index, weighed.minutes, weighed.p_nurture
    return Ruled(route, ruled_by, *chances)


def _said(values: Mapping[str, Value], agreement: Agreement) -> dict[str, str]:
    """Where it comes from, by country and by source: nothing that points to a person."""
    keys = [key for key, field in agreement.form.fields.items() if _tells_apart(key, field.kind)]
    return {key: UNSAID if values.get(key) is None else str(values[key]) for key in [*keys, "utm_source"]}


def _tells_apart(key: str, kind: str) -> bool:
    return kind == "country" or (kind == "category" and "source" in key)

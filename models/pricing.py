"""What a sales minute must earn today, from what the ledger knows.

The last four weeks say how leads differ, the last one how many come. Each lead counts once, by its newest form, weighed
as if it had just come and as the champion would score it now; one that its form sent to marketing is weighed by all it
did since, as the nightly run weighs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from features.engagement import mailable
from leads.agreement import Agreement, parse_agreement
from leads.fields import Value
from leads.known_answers import together, values_of
from leads.lead import Engagement, Submission
from leads.ledger import Connection
from leads.ledger.agreement import agreement_in_force
from leads.ledger.book import Ledger
from leads.ledger.engagement import engagements_of_leads
from leads.ledger.price import (
    DayPrice,
    PriceReason,
    Weighable,
    deciding_since,
    last_price,
    queued_minutes,
    sendings,
    volume,
    window,
)
from leads.ledger.rights import objecting
from leads.ledger.team import team_changes
from leads.team import capacity_a_day, team_of
from models.champion import saved_scorer
from models.engaged import engaged_row, inputs, learned, raised, raised_by
from models.market import Asked, Market, nudged, settle
from models.naming import model_or_none
from models.policy import minutes_of, on_scales, value_of
from models.scorecard import scorecard_scorer
from models.scorer import Row, Scorer, sigmoids

WINDOW = timedelta(days=28)
LAST_WEEK = timedelta(days=7)
MOST_LEADS = 20_000
"""More leads say nothing new of a price: of a larger window every second, third, … in time is weighed."""
AT_ONCE = 500


class Chance(NamedTuple):
    """What the policy asks of a `Score`."""

    probability: float
    spread: float | None
    p_nurture: float | None


class Known(NamedTuple):
    """A lead as it is weighed: its form, all that it had said by then, and what it did."""

    submission: Submission
    values: dict[str, Value]
    engaged: Row
    may_nurture: bool


def todays_price(
    ledger: Ledger,
    agreement: Agreement,
    number: int,
    champion: int | None,
    scorer: Callable[[], Scorer],
    reason: PriceReason,
    now: datetime,
) -> DayPrice | None:
    """Under this champion and agreement `number`; None before four weeks of decisions, and while nobody of the team is
    there. `scorer` is asked for only where leads were decided by another one. At most MOST_LEADS leads are scored, in
    parts; still this takes seconds, and no lead should wait for it."""
    with ledger.reading() as connection:
        since, capacity = deciding_since(connection), team_capacity(connection, agreement, now)
        if since is None or now - since < WINDOW or not capacity:
            return None
        before, queued = last_price(connection), queued_minutes(connection)
        counted = volume(connection, now - WINDOW, now - LAST_WEEK)
        leads = window(connection, now - WINDOW, every=max(1, math.ceil(counted.whole / MOST_LEADS)))
    asked = list(_weighed(ledger, leads, agreement, number, champion, scorer, now))
    each = counted.last / LAST_WEEK.days / len(asked) if asked else 0.0
    day = today(agreement, now)
    nudge = nudged(before.price if before else None, day, queued / capacity)
    settled = settle(Market(asked, each, capacity, nudge, agreement))
    return DayPrice(
        day=day,
        made_at=now,
        reason=reason,
        bundle=champion,
        agreement=number,
        value=settled.value,
        review_from=settled.review_from,
        leads=len(asked),
        demand=settled.demand,
        capacity=capacity,
        queued=queued,
        nudge=settled.nudge,
    )


def price_under(ledger: Ledger, number: int | None) -> DayPrice | None:
    """What a sales minute must earn once bundle `number` is champion (None: the scorecard), under the agreement that is
    in force."""
    agreed = agreement_in_force(ledger)
    if agreed is None:
        return None
    agreement = parse_agreement(agreed.text, f"agreement {agreed.number}")
    return todays_price(
        ledger,
        agreement,
        agreed.number,
        number,
        lambda: scorecard_scorer(agreement) if number is None else saved_scorer(ledger, number),
        "promotion",
        datetime.now(UTC),
    )


def today(agreement: Agreement, now: datetime) -> date:
    return now.astimezone(ZoneInfo(agreement.sales.timezone)).date()


def team_capacity(connection: Connection, agreement: Agreement, now: datetime) -> float | None:
    """Minutes a day over the next seven; None where nobody is in the team at all."""
    team = team_of(agreement, team_changes(connection))
    return capacity_a_day(team, agreement, now) if team else None


def _weighed(
    ledger: Ledger,
    leads: Sequence[Weighable],
    agreement: Agreement,
    number: int,
    champion: int | None,
    scorer: Callable[[], Scorer],
    now: datetime,
) -> Iterator[Asked]:
    model = model_or_none(champion)
    others = []
    for lead in leads:
        if _stands(lead, model, number) and lead.minutes is not None:
            told = on_scales(lead.probability, lead.spread, lead.value, lead.minutes, 0, agreement, lead.p_nurture)
            yield Asked(told, lead.ruled_by != "consent")
        else:
            others.append(lead)
    once = cache(scorer)
    for first in range(0, len(others), AT_ONCE):
        yield from _weighed_anew(ledger, others[first : first + AT_ONCE], agreement, once, now)


def _stands(lead: Weighable, model: str | None, number: int) -> bool:
    """Whether it would be scored and weighed now as it was. What is known of a lead that sales had already does not
    tell whether it may be nurtured, and what a nurtured one did is weighed as it is now."""
    same_scorer = lead.model == model or lead.degraded == "no-consent"
    changes = lead.engaged and lead.route == "nurture"
    return same_scorer and lead.agreement == number and lead.ruled_by not in (None, "owner") and not changes


def _weighed_anew(
    ledger: Ledger, leads: Sequence[Weighable], agreement: Agreement, scorer: Callable[[], Scorer], now: datetime
) -> Iterator[Asked]:
    active = [lead.lead for lead in leads if lead.engaged]
    with ledger.reading() as connection:
        sent = sendings(connection, [lead.lead for lead in leads])
        did, silent = engagements_of_leads(connection, active), objecting(connection, active)
    for by_points in (False, True):
        known = [
            found
            for lead in leads
            if (lead.degraded == "no-consent") == by_points
            and (found := _known(lead, sent[lead.lead], did.get(lead.lead, ()), lead.lead in silent, agreement, now))
        ]
        if known:
            yield from _asked(known, agreement, scorecard_scorer(agreement) if by_points else scorer())


def _known(
    lead: Weighable,
    sent: Sequence[Submission],
    did: Sequence[Engagement],
    objects: bool,
    agreement: Agreement,
    now: datetime,
) -> Known | None:
    """All that the lead had said when its form came, and what it had done; of one that went to marketing, what it did
    until now. Nothing of who objects; None for a lead that was erased in between."""
    place = next((place for place, one in enumerate(sent) if one.id == lead.submission), None)
    if place is None:
        return None
    fields = agreement.form.fields
    values = together(values_of(sent[place], fields), sent[place + 1 :], fields)
    engaged = {} if objects else engaged_row(did, now if lead.route == "nurture" else lead.decided_at, agreement)
    return Known(sent[place], values, engaged, mailable(agreement, sent[place], did, lead.decided_at))


def _asked(known: Sequence[Known], agreement: Agreement, scorer: Scorer) -> Iterator[Asked]:
    scores = scores_of([one.values for one in known], [one.engaged for one in known], agreement, scorer)
    for one, chance in zip(known, scores, strict=True):
        value, minutes = value_of(one.values, agreement), minutes_of(one.values, agreement)
        told = on_scales(chance.probability, chance.spread, value, minutes, 0, agreement, chance.p_nurture)
        yield Asked(told, one.may_nurture)


def scores_of(
    values: Sequence[Mapping[str, Value]], engaged: Sequence[Row], agreement: Agreement, scorer: Scorer
) -> list[Chance]:
    """`engaged` is what each of them did. By the scorecard where the model cannot score them, as it would be if they
    came."""
    table = pd.DataFrame([{**said, **inputs(row)} for said, row in zip(values, engaged, strict=True)], dtype=object)
    try:
        scores = scorer.score_table(table)
    except Exception:  # whatever a model does wrong must not cost the price
        if scorer.model is None:
            raise
        scores = scorecard_scorer(agreement).score_table(table)
    knows = learned(feature.name for feature in scores.features)
    by_points = np.array([0.0 if knows else raised_by(row, agreement) for row in engaged])
    probabilities, nothing = sigmoids(scores.explained.log_odds + by_points), [None] * len(values)
    spread, nurtured = scores.explained.spread, scores.p_nurture
    if nurtured is not None:
        nurtured = np.array([raised(one, by) for one, by in zip(nurtured, by_points, strict=True)])
    spreads, without = (nothing if told is None else told.tolist() for told in (spread, nurtured))
    return [Chance(*one) for one in zip(probabilities.tolist(), spreads, without, strict=True)]

"""What the split of a shortfall is told of the leads."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from models.encoder import Array
from models.policy import benefit
from serving.report.expectation import Expectation
from serving.report.fact import Asked, Fact
from serving.report.facts import Facts
from serving.report.response import Kept, kept_of
from serving.report.shortfall import Handled, Held, Shortfall, held, remaining_of_calls, shortfall

LONGEST_WAIT = timedelta(days=7)
DUE: tuple[Kept, ...] = ("in_time", "late", "never")


def gap(facts: Facts, expected: Expectation) -> Shortfall | None:
    """Between the goal and what is expected in the end; None where no goal was agreed, or the period has not begun."""
    goal, months = facts.agreement.goal.per_month, facts.period.months
    if goal is None or not months:
        return None
    owed = facts.agreement.marketing.qualified_leads_per_month
    promised = None if owed is None else owed * months
    final = expected.of(facts.leads)
    return shortfall(goal * months, promised, handled(facts.leads, facts), final, _held(facts))


def handled(leads: Sequence[Fact], facts: Facts) -> Handled:
    """A lead that is not for sales owes its chance to no call."""
    effects = [0.0 if one.asked is None else benefit(one.probability, one.p_nurture) for one in leads]
    return Handled(np.array([one.chance for one in leads]), np.array(effects), _kept(leads, facts))


def _kept(leads: Sequence[Fact], facts: Facts) -> Array:
    """Of an answer that nobody owed, or not yet, nothing is lost and nothing won."""
    kept, now = np.ones(len(leads)), facts.period.now
    promised, waited, places = list[float](), list[float](), list[int]()
    for place, one in enumerate(leads):
        if one.asked is None or one.asked.answer_by is None:
            continue
        if kept_of(one, one.asked, now) in DUE:
            promised.append(_minutes(one.asked.at, one.asked.answer_by))
            waited.append(_waited(one.asked, one.answered_at, now))
            places.append(place)
    if places:
        kept[places] = remaining_of_calls(np.array(promised), np.array(waited), facts.agreement.sales.decay)
    return kept


def _held(facts: Facts) -> Held:
    """How the scores of earlier leads, old enough to judge, turned out."""
    judged = facts.judged
    foreseen = float(handled(judged, facts).as_handled.sum()) if judged else 0.0
    return held(sum(one.converted for one in judged), foreseen)


def _waited(asked: Asked, answered_at: datetime | None, now: datetime) -> float:
    """Who was not answered for a week never will be."""
    if answered_at is None and now - asked.at > LONGEST_WAIT:
        return math.inf
    return _minutes(asked.at, answered_at or now)


def _minutes(begun: datetime, ended: datetime) -> float:
    return max(0.0, (ended - begun).total_seconds() / 60)

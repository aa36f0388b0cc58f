"""What is missing from the goal, split among those who owed it.

Everything is counted in conversions, and what is missing is positive. Between the goal and what comes in the end stand
three other numbers of conversions, each of which changes one thing:

    goal          as many leads as marketing promised, at the rate that the goal needs of each
    brought       as many leads as came, at the same rate
    foreseen      these very leads by their scores, each called as soon as sales promised
    as handled    the same, but called when they really were, or never
    final         what came of them, or is expected to

    volume      = goal − brought         leads that did not come
    quality     = brought − foreseen     leads that the scores saw to be worse than needed
                + as handled − final     leads that turned out worse than their scores
    follow-up   = foreseen − as handled  calls that came too late or never

Each number is taken from the next, so the parts sum to goal − final, whatever the scores are. A part below 0 is a gain:
more leads than promised, better ones, calls sooner than promised. A score that is too high makes leads look better and
then disappoint, by the same amount: the two parts of quality move against each other, their sum does not. While no
model knows what a call adds, all of a called lead's probability is taken for it: follow-up is then the most that it can
be, and quality the least.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from leads.sections import Decay
from models.encoder import Array
from models.ladder import Expected
from models.policy import remaining

Z = 1.96
"""Standard deviations on either side of a part within which 95 % of chance lies."""


@dataclass(frozen=True, slots=True)
class Handled:
    """Leads that count towards what marketing promised, one element each. `probabilities` that it converts within the
    horizon if everybody does as promised; `effects` is how much of that the call adds: by a model that knows both
    routes the difference, else all of it, and 0 where sales owed no call; `kept` is the share of the effect that was
    left when the call came (`remaining_of_calls`)."""

    probabilities: Array
    effects: Array
    kept: Array

    @property
    def lost(self) -> Array:
        """Of each lead's probability, by a call later than promised; below 0 where it was sooner."""
        return self.probabilities - self.as_handled

    @property
    def as_handled(self) -> Array:
        """However soon the call, no lead converts more than once."""
        return np.minimum(self.probabilities - self.effects * (1 - self.kept), 1.0)


class Held(NamedTuple):
    """How scores held in the months before: conversions for each that they foresaw, and its standard deviation."""

    factor: float
    deviation: float


AS_SCORED = Held(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Part:
    """Conversions missing, with the interval that 95 % of chance leaves: where it holds 0, chance alone may be it."""

    conversions: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Shortfall:
    """`quality` is what the scores foresaw and what they did not; `whole` = volume + quality + follow_up."""

    goal: float
    final: float
    volume: Part
    quality: Part
    foreseen: Part
    unforeseen: Part
    follow_up: Part
    whole: Part


def remaining_of_calls(promised: ArrayLike, waited: ArrayLike, decay: Decay) -> Array:
    """Of a call's effect the share left after the wait, against that after the wait that was promised, in minutes since
    the person showed interest: 1 in time, more when sooner, 0 for never (an infinite wait). Nights count in both."""
    at_best, at_last = np.asarray(promised, dtype=float), np.asarray(waited, dtype=float)
    left = np.array([remaining(wait, decay) for wait in at_last])
    return np.where(np.isinf(at_last), 0.0, left / np.array([remaining(wait, decay) for wait in at_best]))


def held(converted: float, foreseen: float) -> Held:
    """From mature leads of the months before: conversions, and the sum of `Handled.as_handled`. Drawn towards 1 by four
    conversions, so that the first few do not overturn the scores."""
    if foreseen <= 0:
        return AS_SCORED
    return Held((converted + 4) / (foreseen + 4), sqrt(converted + 4) / (foreseen + 4))


def shortfall(
    goal: float, promised_leads: float | None, handled: Handled, final: Expected, scores: Held = AS_SCORED
) -> Shortfall:
    """`goal` in conversions and `promised_leads` of the same period; where no number of leads was promised, the leads
    that came are taken as enough. `final` is of the same leads as `handled`."""
    leads = len(handled.probabilities)
    promised = promised_leads or leads or 1
    needed = goal / promised
    at_promise, really = scores.factor * handled.probabilities, scores.factor * handled.as_handled
    lost = scores.factor * handled.lost
    chance = _Chance.of(handled, final, scores, needed if promised_leads else 0.0)
    volume, follow_up = (promised - leads) * needed, float(lost.sum())
    foreseen, unforeseen = leads * needed - float(at_promise.sum()), float(really.sum()) - final.conversions
    return Shortfall(
        goal,
        final.conversions,
        _part(volume, chance.volume),
        _part(foreseen + unforeseen, chance.quality),
        _part(foreseen, chance.mix),
        _part(unforeseen, chance.outcome),
        _part(follow_up, chance.follow_up),
        _part(goal - final.conversions, hypot(chance.volume, chance.quality)),
    )


@dataclass(frozen=True, slots=True)
class _Chance:
    """Standard deviations: of the number of leads (Poisson), of which leads they happened to be, of calls, of what
    comes of leads whose scores hold, with what is not yet known of a young month and of how the scores held."""

    volume: float
    mix: float
    follow_up: float
    outcome: float
    quality: float

    @classmethod
    def of(cls, handled: Handled, final: Expected, scores: Held, needed: float) -> _Chance:
        leads, factor = len(handled.probabilities), scores.factor
        really = np.clip(factor * handled.as_handled, 0.0, 1.0)
        mix = factor * _of_sum(handled.probabilities)
        open_yet = (final.high - final.low) / (2 * Z)
        of_outcome = hypot(sqrt(float((really * (1 - really)).sum())), open_yet)
        of_scores = scores.deviation
        return cls(
            volume=needed * sqrt(leads),
            mix=hypot(mix, of_scores * float(handled.probabilities.sum())),
            follow_up=hypot(factor * _of_sum(handled.lost), of_scores * float(handled.lost.sum())),
            outcome=hypot(of_outcome, of_scores * float(handled.as_handled.sum())),
            quality=hypot(of_outcome, mix, of_scores * float(handled.lost.sum())),
        )


def _of_sum(each: Array) -> float:
    return float(np.sqrt(len(each)) * each.std()) if len(each) else 0.0


def _part(conversions: float, deviation: float) -> Part:
    return Part(conversions, conversions - Z * deviation, conversions + Z * deviation)

"""Whether a new champion scores leads in a way that no sound model would, seen beside the one it replaced.

How good it is was judged before it served. This is about accidents: a model that fails on what really comes in, that no
longer tells leads apart, or that takes all of them for far better or far worse ones."""

import math
from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Literal, NamedTuple

LEAST_LEADS = 30
MOST_UNSCORED = 0.05
"""The share of leads without a score; two are always allowed."""
LEAST_SPREAD = 0.01
"""Of the standard deviation that the model before gives the same leads, in log-odds."""
FLAT = 0.05
"""A model before with less spread than this tells leads apart no better."""
FURTHEST = 2.0
"""How far the mean log-odds may lie from those of the model before: odds seven times higher or lower. A month in which
the rate of conversions jumps tenfold is rarer than a broken model."""
FURTHEST_FROM_POINTS = 4.0
"""The same from the agreement's points, whose base rate people guessed: odds fifty times higher or lower."""
NO_SCORE = 700.0
"""Log-odds beyond this are as good as infinite."""

Kind = Literal["not-finite", "constant", "rates"]


class Fault(NamedTuple):
    kind: Kind
    sentence: str


def fault(scores: Sequence[tuple[float, float]], before: int | None) -> Fault | None:
    """Of pairs of log-odds of the same lead by the new champion and by model `before`, None for the scorecard; NaN
    where a model gave none. None also where there are too few to say."""
    named = "the scorecard" if before is None else f"model {before}"
    furthest = FURTHEST_FROM_POINTS if before is None else FURTHEST
    judged = [pair for pair in scores if abs(pair[1]) < NO_SCORE]
    if len(judged) < LEAST_LEADS:
        return None
    scored = [pair for pair in judged if abs(pair[0]) < NO_SCORE]
    if (unscored := len(judged) - len(scored)) > max(2, MOST_UNSCORED * len(judged)):
        sentence = f"of the last {len(judged)} leads, {unscored} got no score that is a number"
        return Fault("not-finite", sentence)
    now, then = zip(*scored, strict=True)
    if pstdev(then) > FLAT and pstdev(now) < LEAST_SPREAD * pstdev(then):
        sentence = f"the last {len(judged)} leads all got the same score, while {named} tells them apart"
        return Fault("constant", sentence)
    if not abs(shift := fmean(now) - fmean(then)) <= furthest:
        times, way = math.exp(min(abs(shift), 20.0)), "higher" if shift > 0 else "lower"
        sentence = f"the odds of the last {len(judged)} leads are {times:.0f} times {way} than by {named}"
        return Fault("rates", sentence)
    return None

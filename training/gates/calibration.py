"""G2: do as many leads convert as the challenger promises? Sales plans by these probabilities."""

from __future__ import annotations

import math

import numpy as np

from models.encoder import Array
from training.evaluation import CALIBRATION_BINS, expected_calibration_error
from training.gates.gate import Gate
from training.gates.window import Window, refused, unusable

LEAST_TOLERANCE = 0.1
STANDARD_ERRORS = 3.0
MAY_BE_WORSE = 0.01
"""By which the expected calibration error may exceed the champion's."""
DRAWS, AT_ONCE, CERTAINTY, SEED = 500, 20, 0.99, 20261122


def calibration(window: Window) -> Gate:
    """A challenger no farther off than the champion passes however far that is: refused, the champion would go on."""
    if why := unusable(window):
        return refused("calibration", why, window)
    promised, theirs_promised = (
        float(window.seen_by_now(scores).sum()) for scores in (window.challenger, window.champion)
    )
    off, theirs_off = promised / window.conversions - 1, theirs_promised / window.conversions - 1
    tolerance = max(tolerated(window.conversions), abs(theirs_off))
    mine, theirs = (_error(window, scores) for scores in (window.challenger, window.champion))
    chance = by_chance(window.seen_by_now(window.challenger))
    in_all, in_each = abs(off) <= tolerance, mine <= max(theirs + MAY_BE_WORSE, chance)
    numbers = {
        "leads": float(window.leads),
        "promised": promised,
        "conversions": float(window.conversions),
        "off": off,
        "champion_off": theirs_off,
        "tolerance": tolerance,
        "calibration_error": mine,
        "champion_calibration_error": theirs,
        "by_chance": chance,
    }
    return Gate("calibration", in_all and in_each, _sentence(window, numbers), numbers)


def tolerated(conversions: int) -> float:
    """By what share the promised conversions may differ from those seen: a tenth, or what chance alone may do."""
    return max(LEAST_TOLERANCE, STANDARD_ERRORS / math.sqrt(conversions))


def by_chance(promised: Array) -> float:
    """The calibration error that probabilities which are all true stay below in 99 of 100 cases: with few leads in each
    bin chance alone makes one, and more of it the more the probabilities differ."""
    chance = np.random.default_rng(SEED)
    place = np.minimum((promised * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = np.eye(CALIBRATION_BINS)[place]
    off = [((chance.random((AT_ONCE, len(promised))) < promised) - promised) @ bins for _ in range(DRAWS // AT_ONCE)]
    errors = np.abs(np.concatenate(off)).sum(axis=1) / len(promised)
    return float(np.quantile(errors, CERTAINTY))


def _error(window: Window, log_odds: Array) -> float:
    return expected_calibration_error(window.converted, window.seen_by_now(log_odds))


def _sentence(window: Window, of: dict[str, float]) -> str:
    verdict = "too far off" if abs(of["off"]) > of["tolerance"] else "near enough"
    way = "more" if of["off"] > 0 else "fewer"
    return (
        f"The challenger expected {of['promised']:,.0f} conversions by now, {abs(of['off']):.0%} {way} than the "
        f"{window.conversions:,} that came: {verdict} ({tolerated(window.conversions):.0%} is tolerated, or as much as "
        f"the champion is off, {abs(of['champion_off']):.0%}). Among leads of like scores it is off by "
        f"{of['calibration_error']:.1%} on average, the champion by {of['champion_calibration_error']:.1%}; "
        f"{MAY_BE_WORSE:.0%} more than the champion is tolerated, or {of['by_chance']:.1%}, which chance alone may do."
    )

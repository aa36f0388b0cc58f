"""Champions and challengers of which it is known how good they are: the truth, and noise upon it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from training.company.drawn import sigmoid
from training.company.world import SOURCES
from training.gates.window import Window

NOISE = 0.6
"""Standard deviation of the champion's error in log-odds."""
CLOSER = 0.614
"""A challenger with that share of the champion's noise gains ten thousandths of a nat a lead (`gain`)."""
WRONG_SOURCE = "partner"
"""14 % of the leads."""


class Contest(NamedTuple):
    window: Window
    source: NDArray[np.object_]
    truth: Array


def contest(seed: int, leads: int, noise: float = 1.0, leads_each: int = 1) -> Contest:
    """`noise` of the challenger by that of the champion: 1 is as good. The leads of one person are all alike."""
    people = contest(seed, leads // leads_each, noise) if leads_each > 1 else None
    if people:
        return _repeated(people, leads_each)
    chance = np.random.default_rng((20261122, seed))
    truth = chance.normal(-2.5, 1.1, leads)
    converted = (chance.random(leads) < sigmoid(truth)).astype(float)
    champion, challenger = (truth + NOISE * share * chance.normal(0, 1, leads) for share in (1.0, noise))
    names = np.array([source.name for source in SOURCES], dtype=object)
    source = chance.choice(names, leads, p=[source.share for source in SOURCES])
    return Contest(Window(converted, champion, challenger, np.full(leads, -1)), source, truth)


def _repeated(of: Contest, times: int) -> Contest:
    """Every lead comes again, in another week; whose it is, is known."""
    person = np.tile(np.arange(of.window.leads), times)
    columns = (of.window.converted, of.window.champion, of.window.challenger)
    converted, champion, challenger = (np.tile(column, times) for column in columns)
    return Contest(Window(converted, champion, challenger, person), np.tile(of.source, times), np.tile(of.truth, times))


def gain(noise: float, leads: int = 2_000_000) -> float:
    """Expected, in nats a lead: by the true probabilities."""
    of = contest(-1 % 2**32, leads, noise)
    p = sigmoid(of.truth)
    losses = [np.logaddexp(0, scores) - p * scores for scores in (of.window.champion, of.window.challenger)]
    return float(np.mean(losses[0] - losses[1]))


def wrong_in_one_source(of: Contest, log_odds: float = 1.0) -> Contest:
    moved = of.window.challenger + log_odds * (of.source == WRONG_SOURCE)
    return of._replace(window=replace(of.window, challenger=moved))


def shifted(of: Contest, log_odds: float = 0.4) -> Contest:
    return of._replace(window=replace(of.window, challenger=of.window.challenger + log_odds))


def as_strangers(of: Contest) -> Contest:
    """Nobody knows who they are."""
    return of._replace(window=replace(of.window, person=np.full(of.window.leads, -1)))


def until(window: Window, leads: int) -> Window:
    """As it stood when so many leads had been seen."""
    return Window(window.converted[:leads], window.champion[:leads], window.challenger[:leads], window.person[:leads])


def hopeless(of: Contest, seed: int) -> dict[str, Array]:
    """Challengers that must never serve."""
    chance = np.random.default_rng((seed, 1))
    scores = of.window.challenger
    broken = scores.copy()
    broken[chance.integers(0, len(scores), 3)] = np.nan
    return {
        "worse": of.truth + 1.5 * NOISE * chance.normal(0, 1, len(scores)),
        "constant": np.full(len(scores), float(np.log(of.window.converted.mean() / (1 - of.window.converted.mean())))),
        "shuffled": chance.permutation(scores),
        "broken (NaN)": broken,
        "leaky": of.truth + 4.0 * (2 * of.window.converted - 1),
    }

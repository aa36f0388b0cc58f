"""One split made ready: encoded rows that fit and encoded rows that judge, so that many recipes can be tried on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.matrix import Feature
from models.boosting import Rows
from models.encoder import Array, Encoder, fit_encoder
from models.logistic import LogisticDesign
from models.scorer import logit
from training.evaluation import log_loss
from training.recipe import smoothed_rate
from training.splits import Protocol, Split

Progress = Callable[[str], None]

# Windows of time differ by more than five of them show, so they must agree more before a default is left. With few
# leads drift cannot be told from noise, and the penalty that noise asks for must stay within reach.
DRIFT_SHOWS_FROM = 2000


@dataclass
class Stage:
    """Levels are learned from the fitting rows alone, as they would have been at the time."""

    encoder: Encoder
    fit: Rows
    judge: Rows
    forward: bool
    designs: dict[float, LogisticDesign] = field(default_factory=dict)

    @property
    def base_log_odds(self) -> float:
        return logit(smoothed_rate(self.fit.y, self.fit.maturity))

    def design(self, bend: float) -> LogisticDesign:
        if bend not in self.designs:
            self.designs[bend] = LogisticDesign(self.encoder, self.fit.X, bend)
        return self.designs[bend]


@dataclass(frozen=True)
class Tried:
    """What one recipe said of the judged rows of each stage, and its log loss there."""

    log_odds: tuple[Array, ...]
    losses: Array
    rows: Array
    seconds: float
    errors: float

    @property
    def pooled(self) -> Array:
        return np.concatenate(self.log_odds)

    @property
    def loss(self) -> float:
        return float(np.average(self.losses, weights=self.rows))

    def clearly_beats(self, incumbent: Tried) -> bool:
        return clearly_better(self.losses, incumbent.losses, self.errors)


def demanded_errors(stages: Sequence[Stage]) -> float:
    """How many standard errors a gain must exceed."""
    return 2.0 if stages[0].forward and sum(len(stage.judge.y) for stage in stages) >= DRIFT_SHOWS_FROM else 1.0


def clearly_better(losses: Array, incumbent: Array, errors: float) -> bool:
    """Whether a change of setting pays on the stages as a whole, by its mean gain in standard errors over them. What
    helped in one window of a drifting table and hurt in the next is no reason to leave a sound default."""
    gains = incumbent - losses
    if len(gains) < 2:
        return False
    return bool(gains.mean() > errors * gains.std(ddof=1) / np.sqrt(len(gains)))


class Facts(NamedTuple):
    """What is known of some rows: 1 = converted; F(age) where some are young; what each weighs."""

    y: Array
    maturity: Array | None = None
    weight: Array | None = None


def make_stages(features: Sequence[Feature], matrix: pd.DataFrame, y: Array, protocol: Protocol) -> list[Stage]:
    return [
        make_stage(features, matrix, split, Facts(y[split.fit]), Facts(y[split.judge]), protocol.forward)
        for split in protocol.splits
    ]


def make_stage(
    features: Sequence[Feature],
    matrix: pd.DataFrame,
    split: Split,
    fit: Facts,
    judge: Facts,
    forward: bool,
    person: NDArray[np.integer] | None = None,
) -> Stage:
    """`person` tells rows of the matrix that are of the same person."""
    encoder = fit_encoder(features, matrix.iloc[split.fit], None if person is None else person[split.fit])
    fits, judges = (
        Rows(encoder.table(matrix.iloc[rows]), facts.y, facts.weight, facts.maturity)
        for rows, facts in ((split.fit, fit), (split.judge, judge))
    )
    return Stage(encoder, fits, judges, forward)


def judged(stages: Sequence[Stage], log_odds: Sequence[Array], seconds: float) -> Tried:
    losses = [log_loss(stage.judge.y, said, stage.judge.maturity) for stage, said in zip(stages, log_odds, strict=True)]
    rows = [float(len(stage.judge.y)) for stage in stages]
    return Tried(tuple(log_odds), np.array(losses), np.array(rows), seconds, demanded_errors(stages))

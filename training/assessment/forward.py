"""The forward test: every candidate on the same leads, none of which it had seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from models.likelihood import losses
from training.assessment.judged import Judged, as_tried
from training.evaluation import TOP_SHARE, metrics
from training.retraining.history import History

Z = 1.959964


@dataclass(frozen=True)
class Trial:
    """What candidates said of the judged leads: `rows` in the history, all of them mature, and by name the log-odds of
    each row, before anything was learned from them. `winner` is the one that serves or wants to."""

    rows: NDArray[np.intp]
    log_odds: Mapping[str, Array]
    winner: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """`worse` is by how much its log loss is above the winner's, lead by lead, with its 95 % interval. Figures that
    rank are None where every lead was given the same, or nobody or everybody converted."""

    name: str
    log_loss: float
    brier: float
    ece: float
    roc_auc: float | None
    pr_auc: float | None
    lift: float | None
    worse: float
    worse_low: float
    worse_high: float


@dataclass(frozen=True)
class ForwardTest:
    """`found` is the share of the conversions among the best-scored tenth of the leads."""

    winner: str
    leads: int
    converted: int
    candidates: Sequence[Candidate]
    judged: Judged
    log_odds: Mapping[str, Array]

    @property
    def best(self) -> Candidate:
        return next(one for one in self.candidates if one.name == self.winner)

    @property
    def found(self) -> float | None:
        return None if self.best.lift is None else min(1.0, self.best.lift * TOP_SHARE)


def forward_test(history: History, trial: Trial) -> ForwardTest:
    """A lead counts once, by its first decision among the judged ones."""
    judged = as_tried(history, trial.rows, trial.winner, trial.log_odds[trial.winner])
    kept = np.isin(trial.rows, judged.rows)
    said = {name: log_odds[kept] for name, log_odds in trial.log_odds.items()}
    candidates = sorted(_candidates(judged.seen, said, trial.winner), key=lambda one: one.log_loss)
    return ForwardTest(trial.winner, len(judged), int(judged.seen.sum()), candidates, judged, said)


def _candidates(y: Array, said: Mapping[str, Array], winner: str) -> Iterator[Candidate]:
    best = losses(y, said[winner])
    for name, log_odds in said.items():
        found = metrics(y, log_odds, TOP_SHARE)
        ranks = float(np.ptp(log_odds)) > 0
        more = losses(y, log_odds) - best
        error = Z * float(more.std(ddof=1)) / len(y) ** 0.5 if len(y) > 1 else 0.0
        yield Candidate(
            name=name,
            log_loss=found["log_loss"],
            brier=found["brier"],
            ece=found["ece"],
            roc_auc=found.get("roc_auc") if ranks else None,
            pr_auc=found.get("pr_auc") if ranks else None,
            lift=found.get("lift_at_10pct") if ranks else None,
            worse=float(more.mean()),
            worse_low=float(more.mean()) - error,
            worse_high=float(more.mean()) + error,
        )

"""The three curves that show a score's worth: is it true, whom does it find first, and at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.encoder import Array
from training.assessment.judged import Judged
from training.experiment.figures import calibration_bins, gains_curve, precision_recall_curve

FEWEST, FEWEST_CONVERTED, FEWEST_CALLED = 50, 5, 20
POINTS = 120
"""Of a curve; more cannot be seen."""
Line = Sequence[tuple[float, float]]


class Dot(NamedTuple):
    """Leads of about the same probability: what was promised, what happened, and its 95 % interval."""

    promised: float
    happened: float
    low: float
    high: float


@dataclass(frozen=True)
class Curves:
    """`gains`: share of leads, best first, to share of conversions found. `precision`: share found to share of the
    called that convert. Both by candidate, the judged one first."""

    by: str
    leads: int
    base_rate: float
    dots: Sequence[Dot]
    gains: Mapping[str, Line]
    precision: Mapping[str, Line]

    @property
    def tenth(self) -> float:
        """The share of conversions among the best-scored tenth."""
        return _at(next(iter(self.gains.values())), 0.1)


def curves(judged: Judged, said: Mapping[str, Array]) -> Curves | None:
    """Of mature leads; `said`, the log-odds of others for the same leads, may be empty. None where too few are."""
    mature = judged.mature
    converted = mature.seen.sum()
    if len(mature) < FEWEST or not FEWEST_CONVERTED <= converted < len(mature):
        return None
    ranked = {judged.by: judged.probability} | {name: one for name, one in said.items() if name != judged.by}
    scores = {name: one[judged.maturity >= 1] for name, one in ranked.items() if np.ptp(one) > 0}
    if judged.by not in scores:
        return None
    return Curves(
        by=judged.by,
        leads=len(mature),
        base_rate=float(mature.seen.mean()),
        dots=[Dot(*map(float, one)) for one in zip(*calibration_bins(mature.seen, mature.probability), strict=True)],
        gains={name: _line(*gains_curve(mature.seen, one)) for name, one in scores.items()},
        precision={name: _precision(mature.seen, one) for name, one in scores.items()},
    )


def _precision(seen: Array, scores: Array) -> Line:
    """From the first few called on: of fewer the share jumps from none to all."""
    recall, precision = precision_recall_curve(seen, scores)
    called = gains_curve(seen, scores)[0][1:] * len(seen)
    kept = called >= FEWEST_CALLED
    return _line(recall[kept], precision[kept])


def _line(x: Array, y: Array) -> Line:
    kept = np.unique(np.linspace(0, len(x) - 1, min(POINTS, len(x))).astype(int))
    return list(zip(x[kept].tolist(), y[kept].tolist(), strict=True))


def _at(line: Line, x: float) -> float:
    xs, ys = zip(*line, strict=True)
    return float(np.interp(x, xs, ys))

"""The living back-test: what leads were promised when they came, against what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from leads.agreement import Agreement
from models.policy import BANDS, band
from training.assessment.judged import Judged, Rate, rate_of
from training.retraining.history import History

LAST_MONTHS = 24
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROUTES = {1.0: "For sales", 0.0: "Nurtured"}
Named = tuple[str, Rate]


@dataclass(frozen=True)
class Backtest:
    """Each lead counts once, by its first decision. `months` are by when it was decided, on the clock of the sales
    team; `bands` by the bounds that are agreed now; `scored_by` counts leads by what scored them."""

    all: Rate
    months: Sequence[Named]
    bands: Sequence[Named]
    bands_by_month: Mapping[str, Sequence[Named]]
    routes: Sequence[Named]
    scored_by: Mapping[str, int]


def backtest(judged: Judged, history: History, agreement: Agreement) -> Backtest:
    months = months_of(history, judged.rows, agreement)
    bands = np.array([band(one, agreement.routing.bands) for one in judged.probability.tolist()], dtype=object)
    actions = np.array([ROUTES.get(one, "") for one in history.action[judged.rows].tolist()], dtype=object)
    shown = sorted(set(months))[-LAST_MONTHS:]
    return Backtest(
        all=rate_of(judged),
        months=_by(judged, months, shown),
        bands=_by(judged, bands, BANDS),
        bands_by_month={name: _by(judged.where(bands == name), months[bands == name], shown) for name in BANDS},
        routes=_by(judged, actions, tuple(ROUTES.values())),
        scored_by=_scored_by(judged, history),
    )


def months_of(history: History, rows: np.ndarray, agreement: Agreement) -> np.ndarray:
    """Such as 2026-08, on the clock of the sales team."""
    zone = ZoneInfo(agreement.sales.timezone)
    days = history.decided_at[rows].tolist()
    return np.array([f"{(EPOCH + timedelta(days=day)).astimezone(zone):%Y-%m}" for day in days], dtype=object)


def _by(judged: Judged, names: np.ndarray, wanted: Sequence[str]) -> list[Named]:
    return [(name, rate_of(judged.where(names == name))) for name in wanted if (names == name).any()]


def _scored_by(judged: Judged, history: History) -> dict[str, int]:
    if history.recorded is None:
        return {}
    names = Counter(str(model or "the scorecard") for model in history.recorded.model[judged.rows].tolist())
    return dict(names.most_common())

"""What a report knows of months on the day that it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from benchmarks.report.months import Lives
from models.ladder import Expected, Ladder, Usual, chain_ladder, expected_final, usual_rate

HORIZON = 120.0


class Seen:
    def __init__(self, months: Sequence[Lives], now: float) -> None:
        self.months, self.now, self.horizon = months, now, HORIZON

    @cached_property
    def ladder(self) -> Ladder:
        arrived = np.concatenate([one.arrived for one in self.months])
        converts_at = np.concatenate([one.converts_at for one in self.months])
        done = converts_at <= self.now
        return chain_ladder((converts_at - arrived)[done], self.now - arrived[done], self.horizon)

    @cached_property
    def usual(self) -> Usual:
        curve = self.ladder.curve
        exposure = [float(curve.at(self.now - one.arrived).sum()) for one in self.months]
        return usual_rate([int((one.converts_at <= self.now).sum()) for one in self.months], exposure)

    def expected(self, one: Lives) -> Expected:
        return expected_final(self.now - one.arrived, one.converts_at <= self.now, self.ladder, self.usual)

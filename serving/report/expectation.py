"""What leads that are too young to judge will have brought in the end, by how long conversions took so far."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from models.encoder import Array
from models.ladder import Expected, Ladder, Usual, chain_ladder, expected_final, usual_rate
from serving.report.fact import Fact
from serving.report.facts import Facts

DAY = 86_400
SEED = 20_261_123


@dataclass(frozen=True)
class Expectation:
    """`known` are all leads that teach how long conversions take."""

    known: Sequence[Fact]
    horizon: float
    now: datetime

    @cached_property
    def ladder(self) -> Ladder:
        won = [one for one in self.known if one.converted_at is not None]
        delays = [(one.converted_at - one.arrived_at).total_seconds() / DAY for one in won if one.converted_at]
        return chain_ladder(delays, self.ages(won), self.horizon)

    @cached_property
    def usual(self) -> Usual:
        """By the months in which leads came, a young one by the share of its conversions that should be seen."""
        months: dict[tuple[int, int], list[Fact]] = defaultdict(list)
        for one in self.known:
            months[one.arrived_at.year, one.arrived_at.month].append(one)
        seen = [sum(one.converted for one in month) for month in months.values()]
        exposure = [float(self.ladder.curve.at(self.ages(month)).sum()) for month in months.values()]
        return usual_rate(seen, exposure)

    def ages(self, facts: Sequence[Fact]) -> Array:
        return np.array([(self.now - one.arrived_at).total_seconds() / DAY for one in facts])

    def young(self, facts: Sequence[Fact]) -> int:
        """How many may still convert within the horizon."""
        return int((self.ages(facts) < self.horizon).sum()) if facts else 0

    def of(self, facts: Sequence[Fact]) -> Expected:
        """95 % of the time what comes in the end lies between low and high; of leads old enough it is what came."""
        if not self.young(facts):
            came = sum(one.converted for one in facts)
            return Expected(len(facts), came, float(came), float(came), float(came), 1.0)
        return expected_final(self.ages(facts), [one.converted for one in facts], self.ladder, self.usual, SEED)


def expectation(facts: Facts) -> Expectation:
    within = facts.agreement.goal.within_days
    return Expectation((*facts.before, *facts.leads), float(within), facts.period.now)

"""What is to be reached, and by how much it was missed."""

from typing import Any, NamedTuple

from benchmarks.policy.interval import Interval


class Target(NamedTuple):
    """The whole interval must lie above `above` and below `below`, where there is such a bound."""

    what: str
    measured: Interval
    above: float | None = None
    below: float | None = None

    @property
    def missed_by(self) -> float:
        short = 0.0 if self.above is None else self.above - self.measured.low
        over = 0.0 if self.below is None else self.measured.high - self.below
        return max(0.0, short, over)

    @property
    def met(self) -> bool:
        high_enough = self.above is None or self.measured.low > self.above
        return high_enough and (self.below is None or self.measured.high < self.below)

    @property
    def facts(self) -> dict[str, Any]:
        bounds = {"above": self.above, "below": self.below}
        verdict = {"met": self.met, "missed_by": round(self.missed_by, 4)}
        return {"what": self.what, **bounds, **self.measured.facts, **verdict}

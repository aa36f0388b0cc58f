"""What a part of the reliability benchmark found: figures, and each target met or missed by how much."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

Bound = Literal["exactly", "at most", "at least"]


@dataclass(frozen=True)
class Target:
    """`missed_by` is the distance to the target in its own unit, 0 when it is met."""

    what: str
    bound: Bound
    limit: float
    measured: float
    unit: str = ""

    @property
    def missed_by(self) -> float:
        over, under = self.measured - self.limit, self.limit - self.measured
        return {"exactly": abs(over), "at most": max(0.0, over), "at least": max(0.0, under)}[self.bound]

    @property
    def met(self) -> bool:
        return self.missed_by == 0

    def facts(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met, "missed_by": round(self.missed_by, 6)}


@dataclass(frozen=True)
class Report:
    """`sizes` is what was asked for, `figures` what was counted on the way."""

    sizes: Mapping[str, float | str]
    figures: Mapping[str, Any]
    targets: list[Target] = field(default_factory=list)

    def missed(self, timed: bool = True) -> list[str]:
        """What missed its target; without `timed`, speed does not count, which is another machine's matter."""
        return [one.what for one in self.targets if not one.met and (timed or one.unit not in ("s", "ms"))]


class Run(NamedTuple):
    """How a part is run: `long` as before a release, else as in CI; `database` where the part has a choice."""

    long: bool
    seed: int
    database: str = "sqlite"


class CannotRun(Exception):
    """Something that a part needs is not on this machine; the message says how to get it."""

"""Time as it is played: it jumps from one thing that happens to the next."""

import heapq
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

Act = Callable[[], None]


class Planned(NamedTuple):
    """`order` tells apart what happens at one moment, and lets what was planned first happen first."""

    at: datetime
    order: int
    act: Act


class Agenda:
    """Called, it says what time it is, as a clock does that somebody holds."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._planned: list[Planned] = []
        self._order = 0

    def __call__(self) -> datetime:
        return self.now

    def plan(self, at: datetime, act: Act) -> None:
        self._order += 1
        heapq.heappush(self._planned, Planned(at, self._order, act))

    def next_at(self) -> datetime | None:
        return self._planned[0].at if self._planned else None

    def act_until(self, moment: datetime) -> None:
        """Makes it that time, and does what was planned until then."""
        self.now = moment
        while self._planned and self._planned[0].at <= moment:
            heapq.heappop(self._planned).act()

"""A few people who call the leads of a queue, one after the other, in the order that a rule gives them."""

import heapq
from collections.abc import Callable, Iterator, Sequence

from benchmarks.policy.callers import Caller

Urgency = Callable[[Caller, float], float]
"""Of a lead that waits so many minutes, the highest first; it never grows while the lead waits."""
Waiting = list[tuple[float, float, int, Caller]]


def calls(callers: Sequence[Caller], urgency: Urgency, people: int, end: float) -> Iterator[tuple[Caller, float]]:
    """Each call that is over by `end`, with the minutes that its lead had waited; `callers` in order of arrival."""
    coming, waiting = iter(callers), Waiting()
    following = next(coming, None)
    free, now = [0.0] * people, 0.0
    while free[0] < end and (waiting or following):
        now = max(now, free[0], following.arrived if following and not waiting else 0.0)
        while following and following.arrived <= now:
            heapq.heappush(waiting, _entry(following, urgency, 0.0))
            following = next(coming, None)
        caller = _most_urgent(waiting, urgency, now)
        heapq.heapreplace(free, now + caller.takes)
        if now + caller.takes <= end:
            yield caller, now - caller.arrived


def _entry(caller: Caller, urgency: Urgency, wait: float) -> tuple[float, float, int, Caller]:
    return -urgency(caller, wait), caller.arrived, caller.number, caller


def _most_urgent(waiting: Waiting, urgency: Urgency, now: float) -> Caller:
    """Ties go by arrival. Since urgency only falls, what was reckoned earlier bounds what it is now: a lead that is
    still first when it is reckoned anew is first of all."""
    while True:
        caller = waiting[0][3]
        anew = _entry(caller, urgency, now - caller.arrived)
        if anew[:3] == waiting[0][:3]:
            return heapq.heappop(waiting)[3]
        heapq.heapreplace(waiting, anew)

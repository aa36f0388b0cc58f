"""What a rehearsal leaves to chance, by its seed: the same seed plays the same week."""

import uuid
from collections.abc import Callable
from datetime import datetime

import numpy as np

PICK_UP_MINUTES, PICK_UP_SPREAD = 4.0, 0.6
"""The median time until somebody who is free takes the next lead up, and the spread of its logarithm."""
BAD_FIT, MEETINGS = 0.1, 2.0
"""The share of calls after which sales rejects the lead, and how many meetings there are for each conversion."""
_IDS, _PEOPLE, _CALLS = 1, 2, 3


class SeededIds:
    """UUIDv7 of the played time, each later than the one before."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.now = now
        self._draws = np.random.default_rng([seed, _IDS])
        self._last = 0

    def __call__(self) -> uuid.UUID:
        self._last = max(int(self.now().timestamp() * 1000), self._last + 1)
        drawn = int.from_bytes(self._draws.bytes(10), "big")
        return uuid.UUID(int=self._last << 80 | 7 << 76 | (drawn >> 62 & 0xFFF) << 64 | 2 << 62 | drawn & (1 << 62) - 1)


def pick_up_minutes(seed: int, person: str, time: int) -> float:
    """Each person has their own luck, whatever the others do; `time` counts what they took up so far."""
    draws = np.random.default_rng([seed, _PEOPLE, time, *person.encode()])
    return float(PICK_UP_MINUTES * np.exp(PICK_UP_SPREAD * draws.normal()))


def call_luck(seed: int, lead: str) -> float:
    """On [0, 1), one for each lead."""
    return float(np.random.default_rng([seed, _CALLS, *lead.encode()]).random())

"""How sure a share is that was counted."""

import math
from statistics import NormalDist

SURE = 0.05
"""The interval misses one time in twenty."""


def wilson(seen: float, of: float, looks: int = 1) -> tuple[float, float]:
    """The 95 % score interval of a share; `looks` is at how many of them somebody looks at once."""
    z = NormalDist().inv_cdf(1 - SURE / 2 / max(1, looks))
    share, spread = seen / of, z * z / of
    middle, half = share + spread / 2, z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))

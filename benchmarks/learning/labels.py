"""Young leads: what it costs to take them for what they are, for negatives, or for nothing, in a company whose rates
stand still. Where they move, a bias of the labels may happen to cancel a drift; the part on drift is about that."""

from typing import Any

from benchmarks.learning.company import history
from benchmarks.learning.learned import FUTURE, NEGATIVES, WAITING, Told, by_labels
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.target import Target


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    found = [by_labels(history(seed, weekly_drift=0.0, season=0.0)) for seed in range(first, first + seeds)]
    facts = {
        name: {
            "excess": interval([one[name].excess for one in found]).facts,
            "ratio": interval([one[name].ratio for one in found]).facts,
        }
        for name in found[0]
    }
    return {"excess_and_ratio": facts}, [
        Target(f"excess of {WAITING} over {NEGATIVES}", _more(found, NEGATIVES), below=-1.0),
        Target(f"excess of {WAITING} over {FUTURE}", _more(found, FUTURE), below=1.0),
    ]


def _more(found: list[dict[str, Told]], than: str) -> Interval:
    """Thousandths of a nat, paired by seed."""
    return interval([one[WAITING].excess - one[than].excess for one in found])

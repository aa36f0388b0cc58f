"""A rate that moves from week to week, each seed on a path of its own: what the recent intercept makes of it, always
and where it is kept only if it paid before."""

from typing import Any

import numpy as np
from scipy import stats

from benchmarks.learning.company import history
from benchmarks.learning.learned import INTERCEPT, KEPT, WAITING, Told, with_intercept
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.target import Target

USUAL, STRONG = 0.05, 0.10
"""Standard deviation of a week's step, in log-odds."""
UNSEEN = 1000
"""On the first walks it was chosen which leads say whether the intercept is kept."""
Paths = list[dict[str, Told]]


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    paths = {
        drift: [with_intercept(history(seed, drift)) for seed in _range(seeds, first)] for drift in (USUAL, STRONG)
    }
    told = {drift: [one for one, _ in each] for drift, each in paths.items()}
    facts = {
        f"weekly drift {drift:g}": {
            "excess": {name: interval([one[name].excess for one in each]).facts for name in each[0]},
            "ratio": {name: interval([one[name].ratio for one in each]).facts for name in each[0]},
            "intercepts": [round(found.found, 3) for _, found in paths[drift]],
            "kept": sum(found.kept for _, found in paths[drift]),
            "by_that_without": {name: _share(each, name).facts for name in (INTERCEPT, KEPT)},
        }
        for drift, each in told.items()
    }
    return facts, _targets(told[USUAL], told[STRONG])


def _range(seeds: int, first: int) -> range:
    return range(UNSEEN + first, UNSEEN + first + seeds)


def _targets(usual: Paths, strong: Paths) -> list[Target]:
    """Of what a retraining does; the intercept that is always added is shown beside it."""
    ratio = interval([one[KEPT].ratio for one in usual])
    return [
        Target(f"mean probability by the true one, {KEPT}, weekly drift {USUAL:g}", ratio, above=0.88, below=1.12),
        Target(
            f"excess by that without the intercept, {KEPT}, weekly drift {STRONG:g}", _share(strong, KEPT), below=0.95
        ),
    ]


def _share(paths: Paths, name: str) -> Interval:
    """Of the mean excess over all paths; Student's interval by the jackknife, since it is a ratio of means."""
    with_it, without = (np.array([one[each].excess for one in paths]) for each in (name, WAITING))
    share = float(with_it.mean() / without.mean())
    others = (with_it.sum() - with_it) / (without.sum() - without)
    error = np.sqrt((len(paths) - 1) * np.var(others))
    half = float(stats.t.ppf(0.975, len(paths) - 1) * error)
    return Interval(share, share - half, share + half)

"""How often challengers that would do harm are refused, and harmless ones as well."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from benchmarks.gates.contests import Contest, contest, hopeless, shifted, wrong_in_one_source
from benchmarks.gates.looks import PLANNED
from training.gates.calibration import calibration
from training.gates.data import Origin, data
from training.gates.gate import Gate
from training.gates.prediction import not_worse
from training.gates.subgroups import subgroups
from training.gates.window import Window

BETTER = 0.6
NEW_EACH = np.datetime64("2026-11-01")


def refused_in_one_source(runs: int, first: int = 0) -> dict[str, float]:
    """Of challengers better but wrong in one source, of the same ones before that, and of others just as good."""
    played = [contest(first + run, PLANNED, BETTER) for run in range(runs)]
    wrong = [wrong_in_one_source(of) for of in played]
    return {
        "wrong": float(np.mean([not _by_source(of).passed for of in wrong])),
        "harmless": float(np.mean([not _by_source(of).passed for of in played])),
        "equal": float(np.mean([not _by_source(contest(first + run, PLANNED)).passed for run in range(runs)])),
        "wrong_and_ahead": float(np.mean([of.window.gains.mean() > 0 for of in wrong])),
    }


def _by_source(of: Contest) -> Gate:
    return subgroups(of.window, {"Source": of.source})


def refused_as_miscalibrated(runs: int, first: int = 0) -> dict[str, float]:
    played = [contest(first + run, PLANNED, BETTER) for run in range(runs)]
    return {
        "miscalibrated": float(np.mean([not calibration(shifted(of).window).passed for of in played])),
        "harmless": float(np.mean([not calibration(of.window).passed for of in played])),
    }


def promoted_though_hopeless(runs: int, first: int = 0) -> dict[str, float]:
    """The share that passes as a refresh, the easier way: what passes as a new recipe passes so too."""
    passed: dict[str, list[bool]] = {}
    for run in range(runs):
        of = contest(first + run, PLANNED)
        for name, scores in hopeless(of, first + run).items():
            window = Window(of.window.converted, of.window.champion, scores, of.window.person)
            passed.setdefault(name, []).append(_passes(of._replace(window=window)))
    return {name: float(np.mean(one)) for name, one in passed.items()}


def _passes(of: Contest) -> bool:
    always = (data(of.window, origin_of(of.window)), calibration(of.window), _by_source(of))
    return not_worse(of.window, 500).passed and all(gate.passed for gate in always)


def origin_of(window: Window) -> Origin:
    """Leads of which nothing speaks against judging by them."""
    days = NEW_EACH + np.arange(window.leads).astype("timedelta64[m]")
    nobody = np.zeros(0, dtype=np.int64)
    return Origin(days, days, datetime(2026, 10, 1, tzinfo=UTC), nobody, (), np.full(window.leads, np.nan))

"""Finds the logistic's settings: one setting at a time, uphill, on the audition's stages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.encoder import NumberColumn
from models.logistic import LogisticRecipe
from training.recipe import USUAL_HALF_LIFE, aged
from training.stage import Stage, Tried, judged

PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
BENDS = (0.3, 1.0)
# Curves need leads: with fewer than these the search starts from nearly straight lines.
FEW = 1000
STIFF = LogisticRecipe(inverse_penalty=0.1, bend=0.3)
AGREED_FIRST = LogisticRecipe(inverse_penalty=0.03, bend=0.3, towards_scorecard=True)
OTHER_HALF_LIVES = (None, 0.25)


@dataclass(frozen=True)
class LogisticSetting:
    recipe: LogisticRecipe
    half_life: float | None


def search_logistic(stages: Sequence[Stage], forward: bool) -> tuple[LogisticSetting, Tried]:
    """The setting with the least log loss, and what it said. Half-lives are tried only where rows stand in time. With
    few leads the search starts from the scorecard's points, where it has any; with many they must clearly help."""
    known: dict[LogisticSetting, Tried] = {}
    few = max(len(stage.fit.y) for stage in stages) < FEW
    agreed = any(isinstance(column, NumberColumn) and column.agreed for column in stages[0].encoder.columns)
    plain = STIFF if few else LogisticRecipe()
    best = LogisticSetting(AGREED_FIRST if few and agreed else plain, USUAL_HALF_LIFE if forward else None)
    if agreed:
        other = plain if few else replace(plain, towards_scorecard=True)
        best = _best(best, [replace(best, recipe=other)], stages, known)
    if forward:
        best = _best(best, [replace(best, half_life=half_life) for half_life in OTHER_HALF_LIVES], stages, known)
    best = _climb(best, stages, known)
    bent = [replace(best, recipe=replace(best.recipe, bend=bend)) for bend in BENDS if bend != best.recipe.bend]
    best = _climb(_best(best, bent, stages, known), stages, known)
    return best, known[best]


def try_logistic(stages: Sequence[Stage], setting: LogisticSetting) -> Tried:
    started, log_odds = time.perf_counter(), []
    for stage in stages:
        fit, design = aged(stage.fit, setting.half_life), stage.design(setting.recipe.bend)
        fitted = design.fit(fit.y, setting.recipe, fit.weight, fit.maturity)
        log_odds.append(fitted.log_odds(stage.judge.X))
    return judged(stages, log_odds, time.perf_counter() - started)


def _climb(start: LogisticSetting, stages: Sequence[Stage], known: dict[LogisticSetting, Tried]) -> LogisticSetting:
    """From one penalty to its neighbours while that clearly helps."""
    best = start
    while True:
        place = PENALTIES.index(best.recipe.inverse_penalty)
        near = [PENALTIES[next_to] for next_to in (place - 1, place + 1) if 0 <= next_to < len(PENALTIES)]
        better = _best(
            best, [replace(best, recipe=replace(best.recipe, inverse_penalty=one)) for one in near], stages, known
        )
        if better == best:
            return best
        best = better


def _best(
    incumbent: LogisticSetting,
    settings: Sequence[LogisticSetting],
    stages: Sequence[Stage],
    known: dict[LogisticSetting, Tried],
) -> LogisticSetting:
    for setting in [incumbent, *settings]:
        if setting not in known:
            known[setting] = try_logistic(stages, setting)
    paying = [setting for setting in settings if known[setting].clearly_beats(known[incumbent])]
    return min([incumbent, *paying], key=lambda setting: known[setting].loss)

"""G5: would the challenger's routes earn less? Told from the leads whose route a lot could change."""

from __future__ import annotations

import math

from models.encoder import Array
from training.gates import sequence
from training.gates.gate import Gate
from training.gates.persons import per_person
from training.off_policy import Logged, Routes, difference, estimate, worth

MAY_LOSE = 0.05
"""The share of what the champion's routes earn that the challenger's may lose."""
LEAST_DRAWN = 30
"""Leads on which the rules differ, and which the lot sent as one of them would, for each of the two: with fewer, a
single conversion decides."""


def value(logged: Logged, challenger: Routes, champion: Routes) -> Gate:
    """It may be looked at whenever somebody likes."""
    numbers = _numbers(logged, challenger, champion)
    if why := _too_little(numbers):
        return Gate("value", True, why, numbers, judged=False)
    worse, bearable = numbers["upper_bound"] < 0, numbers["lower_bound"] > -numbers["may_lose"]
    return Gate("value", bearable and not worse, _sentence(numbers), numbers)


def _numbers(logged: Logged, challenger: Routes, champion: Routes) -> dict[str, float]:
    gained = per_person(difference(logged, challenger, champion), logged.person)
    differ = challenger != champion
    weight = (challenger == logged.sales) / logged.propensity
    earns = estimate(worth(logged, champion), logged.person).mean
    return {
        "leads": float(len(logged.sales)),
        "differ": float(differ.sum()),
        "drawn_as_challenger": float((differ & (challenger == logged.sales)).sum()),
        "drawn_as_champion": float((differ & (champion == logged.sales)).sum()),
        "champion_earns": earns,
        "gain": gained.mean,
        "standard_error": gained.standard_error,
        "lower_bound": sequence.lower_bound(gained.values),
        "upper_bound": sequence.upper_bound(gained.values),
        "may_lose": MAY_LOSE * abs(earns),
        "effective_share": _effective(weight),
        "greatest_weight": float(weight.max(initial=0.0)),
    }


def _effective(weight: Array) -> float:
    """The share of the leads that would tell as much if all weighed alike."""
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares / len(weight) if squares else 0.0


def _too_little(of: dict[str, float]) -> str | None:
    if of["leads"] and not of["differ"]:
        return f"Both models send the {of['leads']:,.0f} leads that had a lot the same way, so neither earns more."
    fewest = min(of["drawn_as_challenger"], of["drawn_as_champion"])
    if fewest < LEAST_DRAWN or not math.isfinite(of["lower_bound"]):
        return (
            f"Of {of['leads']:,.0f} leads that had a lot, too few to say what the challenger's routes would earn: "
            f"where the models differ, {fewest:,.0f} went the rarer way. It takes {sequence.FIRST_LOOK} leads and "
            f"{LEAST_DRAWN} such. This does not stand in its way."
        )
    margin = of["gain"] - of["lower_bound"]
    if of["lower_bound"] <= -of["may_lose"] and of["upper_bound"] >= 0 and margin > of["may_lose"]:
        return (
            f"By {of['leads']:,.0f} leads that had a lot, the challenger's routes would earn {_signed(of['gain'])} a "
            f"lead, but that may be off by {margin:,.2f}: too little was drawn by lot to say more. This does not stand "
            "in its way."
        )
    return None


def _sentence(of: dict[str, float]) -> str:
    said = (
        f"By {of['leads']:,.0f} leads that had a lot, the challenger's routes would earn {_signed(of['gain'])} a lead "
        f"beside the champion's {of['champion_earns']:,.2f} (between {_signed(of['lower_bound'])} and "
        f"{_signed(of['upper_bound'])} with certainty, however often one looks)"
    )
    if of["upper_bound"] < 0:
        return f"{said}: certainly less."
    return f"{said}; {_signed(-of['may_lose'])} would be borne."


def _signed(amount: float) -> str:
    return f"{abs(amount):,.2f} {'more' if amount >= 0 else 'less'}"

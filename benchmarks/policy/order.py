"""The queue test: in which order people call decides how much of the best that anyone could earn they earn."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.policy import rules
from benchmarks.policy.callers import COMPANY, WORKING_DAY, Caller, arrivals, bound, earned
from benchmarks.policy.calls import calls
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.target import Target
from models.policy import cut

PEOPLE = 3
DAYS = 12
WINDOW = 28
MINUTE_COST = 1.0
LIKELIEST_FIRST = (rules.PROBABILITY, rules.IF_CALLED)
APART = 10_000
"""Between the seed of a cell and that of the days before, of which its price is made."""


class Cell(NamedTuple):
    """`load` is work that arrives by work that people can do; `noise` of what is known, in standard deviations."""

    load: float
    noise: float = 0.0

    @property
    def name(self) -> str:
        return f"load {self.load:g}" + (", noisy scores" if self.noise else "")


CELLS = (Cell(0.7), Cell(1.5), Cell(4.0), Cell(1.5, noise=1.0))
BUSY, CROWDED = CELLS[1], CELLS[2]
SIZES = {"people": PEOPLE, "days": DAYS, "window": WINDOW, "called": COMPANY.capacity}
Shares = Mapping[str, Sequence[float]]
"""Of each rule the share of the bound that it earns, one number a seed."""


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    found = {cell: shares(cell, seeds, first) for cell in CELLS}
    return {"sizes": SIZES, "cells": [_facts(cell, one) for cell, one in found.items()]}, targets(found)


def _facts(cell: Cell, found: Shares) -> dict[str, Any]:
    return {"name": cell.name, "shares": {rule: interval(share).facts for rule, share in found.items()}}


def shares(cell: Cell, seeds: int, first: int = 0) -> Shares:
    found = [_of_seed(cell, seed) for seed in range(first, first + seeds)]
    return {name: [one[name] for one in found] for name in found[0]}


def _of_seed(cell: Cell, seed: int) -> dict[str, float]:
    callers, end = arrivals(cell.load, PEOPLE, DAYS, seed, cell.noise), DAYS * WORKING_DAY
    most = bound(callers, PEOPLE * end)
    return {rule.name: _earned(callers, rule, end) / most for rule in rules.orders(_price(cell, seed))}


def _earned(callers: Sequence[Caller], rule: rules.Rule, end: float) -> float:
    for_sales = [caller for caller in callers if rule.admits(caller)]
    return sum(earned(caller, wait) for caller, wait in calls(for_sales, rule.urgency, PEOPLE, end))


def _price(cell: Cell, seed: int) -> float:
    """Of the days before, at which sales had as much to do."""
    window = arrivals(cell.load, PEOPLE, WINDOW, seed + APART, cell.noise)
    demand = [(rules.by_benefit(caller, 0.0), caller.minutes) for caller in window]
    worth = [(index, minutes) for index, minutes in demand if index > MINUTE_COST]
    return cut(worth, PEOPLE * WINDOW * WORKING_DAY) or MINUTE_COST


def more(found: Shares, rule: str, than: str) -> Interval:
    """How much more of the bound one rule earns than another, seed by seed."""
    return interval([one - other for one, other in zip(found[rule], found[than], strict=True)])


def targets(found: Mapping[Cell, Shares]) -> list[Target]:
    busy = [target for cell in (BUSY, CROWDED) for target in _beaten(cell, found[cell])]
    least = {BUSY: 0.08, CROWDED: 0.20}
    gained = [_gained(cell, found[cell], than, least[cell]) for cell in least for than in LIKELIEST_FIRST]
    reached = Target(f"share of the bound, {BUSY.name}", interval(found[BUSY][rules.BY_BENEFIT]), above=0.85)
    return [*busy, *gained, reached, *(_floor(cell, one) for cell, one in found.items())]


def _beaten(cell: Cell, found: Shares) -> list[Target]:
    pairs = [(rules.BY_PROBABILITY, rules.PROBABILITY), (rules.BY_PROBABILITY, rules.EXPECTED_VALUE)]
    return [Target(f"{rule} over {than}, {cell.name}", more(found, rule, than), above=0.0) for rule, than in pairs]


def _gained(cell: Cell, found: Shares, than: str, least: float) -> Target:
    return Target(f"{rules.BY_BENEFIT} over {than}, {cell.name}", more(found, rules.BY_BENEFIT, than), above=least)


def _floor(cell: Cell, found: Shares) -> Target:
    difference = more(found, rules.BY_BENEFIT, rules.WITH_PRICE)
    return Target(f"{rules.BY_BENEFIT} over the same from the price upwards, {cell.name}", difference, below=0.015)

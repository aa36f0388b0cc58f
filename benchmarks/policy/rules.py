"""The orders in which people could call, each a rule over what is known of a lead."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.policy.callers import Caller
from benchmarks.policy.calls import Urgency
from leads.sections import Decay
from models.policy import index

POOLED = Decay()
FIFO, NEWEST = "first come", "newest first"
PROBABILITY, IF_CALLED, EXPECTED_VALUE = "probability", "probability if called", "probability × value"
BY_PROBABILITY, BY_BENEFIT, WITH_PRICE = "index by probability", "index", "index, from the price upwards"
NO_VALUE, NO_MINUTES, NO_DECAY = "index without value", "index without minutes", "index without decay"
ORDERS = (FIFO, NEWEST, PROBABILITY, IF_CALLED, EXPECTED_VALUE, BY_PROBABILITY, BY_BENEFIT, WITH_PRICE)
ABLATIONS = (NO_VALUE, NO_MINUTES, NO_DECAY)


class Rule(NamedTuple):
    """`admits` says at arrival whether a lead is one for sales at all."""

    name: str
    urgency: Urgency
    admits: Callable[[Caller], bool] = lambda caller: True


def by_probability(caller: Caller, wait: float) -> float:
    return index(caller.probability, caller.value, caller.minutes, wait, POOLED)


def by_benefit(caller: Caller, wait: float) -> float:
    return index(caller.benefit, caller.value, caller.minutes, wait, POOLED)


def orders(price: float) -> Sequence[Rule]:
    """Every rule of the table; whom an index gives nothing is not called under that rule."""
    return (
        Rule(FIFO, lambda caller, wait: -caller.arrived),
        Rule(NEWEST, lambda caller, wait: caller.arrived),
        Rule(PROBABILITY, lambda caller, wait: caller.probability),
        Rule(IF_CALLED, lambda caller, wait: caller.if_called),
        Rule(EXPECTED_VALUE, lambda caller, wait: caller.probability * caller.value),
        Rule(BY_PROBABILITY, by_probability, lambda caller: by_probability(caller, 0.0) > 0),
        Rule(BY_BENEFIT, by_benefit, _gains),
        Rule(WITH_PRICE, by_benefit, lambda caller: by_benefit(caller, 0.0) >= price),
        Rule(NO_VALUE, lambda caller, wait: index(caller.benefit, 1.0, caller.minutes, wait, POOLED), _gains),
        Rule(NO_MINUTES, lambda caller, wait: index(caller.benefit, caller.value, 1.0, wait, POOLED), _gains),
        Rule(NO_DECAY, lambda caller, wait: by_benefit(caller, 0.0), _gains),
    )


def _gains(caller: Caller) -> bool:
    return by_benefit(caller, 0.0) > 0

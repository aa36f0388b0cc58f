"""The likelihood of labels that still wait.

A lead of some age has been seen to convert with probability p·F(age), where p is the probability of converting within
the horizon and F the share of conversions that come by that age (`models.delay`). So a young lead that has not
converted yet is hardly a negative, and at F = 1 this is plain log loss. *Maturity* is F(age) of each lead, whether it
converted or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.encoder import Array

# The loss of a young lead that has not converted is not convex: three of ten hessians are negative without a floor.
HESSIAN_FLOOR = 0.1


class Derivatives(NamedTuple):
    """Of the loss by log-odds, lead by lead."""

    gradient: Array
    hessian: Array


def losses(y: Array, log_odds: Array, maturity: Array | None = None) -> Array:
    """Negative log likelihood in nats, lead by lead: -log p of the converted, -log(1 - p·F) of the others. The
    -log F of the converted is left out: no model changes it."""
    surprise = np.logaddexp(0.0, log_odds)
    if maturity is None:
        return np.asarray(surprise - y * log_odds)
    with np.errstate(divide="ignore"):  # log 0 = -inf says that nothing is left to come
        to_come = log_odds + np.log1p(-maturity)
    return np.asarray(surprise - np.where(y > 0, log_odds, np.logaddexp(0.0, to_come)))


def derivatives(y: Array, log_odds: Array, maturity: Array) -> Derivatives:
    """The gradient, and the hessian with its floor."""
    p, q = np.exp(-np.logaddexp(0.0, -log_odds)), np.exp(-np.logaddexp(0.0, log_odds))
    seen = maturity * p * q
    pull = seen / ((1 - maturity) + maturity * q)  # below: 1 - p·F, without loss of digits
    return Derivatives(
        np.where(y > 0, -q, pull),
        np.where(y > 0, p * q, np.maximum(pull * (q - p + pull), HESSIAN_FLOOR * seen)),
    )


def base_rate(y: Array, maturity: Array | None = None, weight: Array | None = None) -> float:
    """The share of leads that convert in the end: conversions by leads, of which a young one counts in part. Kept off
    0 and 1 by half a lead."""
    each = np.ones(len(y)) if weight is None else weight
    leads = each.sum() if maturity is None else each @ maturity
    return float(np.clip(each @ y / leads, 0.5 / len(y), 1 - 0.5 / len(y)))

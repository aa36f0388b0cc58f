"""The leads by which a challenger is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.encoder import Array
from models.likelihood import losses
from models.scorer import sigmoids
from training.gates.gate import Gate, Name
from training.gates.persons import People, PerPerson, per_person


@dataclass(frozen=True)
class Window:
    """Leads from which neither model has learned, in the order of their decisions: what happened, the log-odds of
    either model, whose lead it is, and F(age) where some are young (`models.likelihood`)."""

    converted: Array
    champion: Array
    challenger: Array
    person: People
    maturity: Array | None = None

    @property
    def leads(self) -> int:
        return len(self.converted)

    @property
    def conversions(self) -> int:
        return int(self.converted.sum())

    @property
    def gains(self) -> Array:
        """By how much the challenger's log loss is below the champion's, lead by lead, in nats."""
        return self.loss(self.champion) - self.loss(self.challenger)

    @property
    def gains_per_person(self) -> PerPerson:
        return per_person(self.gains, self.person)

    def loss(self, log_odds: Array) -> Array:
        return losses(self.converted, log_odds, self.maturity)

    def seen_by_now(self, log_odds: Array) -> Array:
        """The probability p·F(age) of having been seen to convert by now."""
        probability = sigmoids(log_odds)
        return probability if self.maturity is None else probability * self.maturity


def unusable(window: Window) -> str | None:
    """Why nothing can be judged by these leads, whatever the gate."""
    for name, scores in (("challenger", window.challenger), ("champion", window.champion)):
        if broken := int((~np.isfinite(scores)).sum()):
            return f"The {name} gives no number for {broken:,} of {window.leads:,} leads."
    if not 0 < window.conversions < window.leads:
        all_or_none = "all" if window.conversions else "none"
        return f"Of the {window.leads:,} leads to judge by, {all_or_none} have converted; there is nothing to compare."
    return None


def refused(name: Name, why: str, window: Window) -> Gate:
    return Gate(name, False, why, {"leads": float(window.leads), "conversions": float(window.conversions)})

"""What became of a lead, from what people told of it: the order in which they told it does not matter."""

from collections.abc import Iterable
from typing import Literal

from leads.lead import Outcome, OutcomeType

LeadState = Literal["open", "accepted", "contacted", "meeting", "converted", "lost", "rejected"]
ENDED: frozenset[LeadState] = frozenset({"converted", "lost", "rejected"})
AT_WORK: frozenset[OutcomeType] = frozenset({"accepted", "contacted", "meeting"})


def in_order(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """As they happened; those of one moment by their ids, so that everybody orders them alike."""
    return sorted(outcomes, key=lambda outcome: (outcome.occurred_at, outcome.event))


def state_of(outcomes: Iterable[Outcome]) -> LeadState:
    """The last one says it, but sales goes on talking to a customer: only `lost`, `rejected` or `reopened` takes a
    conversion back."""
    state: LeadState = "open"
    for outcome in in_order(outcomes):
        state = _after(state, outcome.type)
    return state


def _after(state: LeadState, told: OutcomeType) -> LeadState:
    if told == "reopened":
        return "open"
    return state if state == "converted" and told in AT_WORK else told

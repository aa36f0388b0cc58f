"""What became of a lead, from what people told of it: the order in which they told it does not matter."""

from collections.abc import Iterable, Mapping
from typing import Literal

from leads.lead import Outcome, OutcomeType
from leads.sections import SalesReason

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


def conversion_of(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The conversion that stands; None where there is none, or where it was taken back."""
    state: LeadState = "open"
    found: Outcome | None = None
    for outcome in in_order(outcomes):
        before, state = state, _after(state, outcome.type)
        found = (outcome if before != "converted" else found) if state == "converted" else None
    return found


def given_back(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The rejection by which sales gave the lead back; None where it did not, or took it up again. What ends a lead
    takes up nothing."""
    state: LeadState = "open"
    found: Outcome | None = None
    for outcome in in_order(outcomes):
        state = _after(state, outcome.type)
        if state == "rejected":
            found = outcome
        elif state not in ENDED:
            found = None
    return found


def _after(state: LeadState, told: OutcomeType) -> LeadState:
    if told == "reopened":
        return "open"
    return state if state == "converted" and told in AT_WORK else told


def teaches(outcomes: Iterable[Outcome], reasons: Mapping[str, SalesReason]) -> bool:
    """Whether training learns from what became of the lead: not where sales rejected or lost it, and the reason says
    more about its data than about the lead. A reason that the agreement no longer names does not say so."""
    told = in_order(outcomes)
    if state_of(told) not in ("rejected", "lost"):
        return True
    reason = reasons.get(told[-1].reason or "")
    return reason is None or reason.label

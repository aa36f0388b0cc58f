"""When a recipe may be looked at. Pure: what was looked at is known to the ledger.

Whoever looks at a recipe every week, and promotes it the first time that it seems better for certain, promotes one of
five recipes that are no better at all. So what will be looked at is said beforehand, and looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """A recipe (its digest) that wants to be judged by the leads decided from `window_from` until `window_until`.
    Registered before the window ends, so that nobody has seen how it turns out."""

    recipe: str
    registered_at: datetime
    window_from: datetime
    window_until: datetime


@dataclass(frozen=True, slots=True)
class Permission:
    granted: bool
    sentence: str


def may_look(registration: Registration, now: datetime, looked_at: datetime | None) -> Permission:
    """`looked_at`: when this recipe was looked at, by any window. More looks are allowed only by the confidence
    sequence (`prediction.superior_at_any_look`), whose planned number of people is settled beforehand."""
    ends = registration.window_until
    if looked_at is not None:
        return Permission(False, f"This recipe had its one look on {looked_at:%Y-%m-%d}; another would not count.")
    if ends <= registration.registered_at:
        return Permission(
            False,
            f"The leads until {ends:%Y-%m-%d} were there when this recipe was registered on "
            f"{registration.registered_at:%Y-%m-%d}, so they prove nothing; register it for a window that ends later.",
        )
    if now < ends:
        return Permission(False, f"This recipe is looked at once, on {ends:%Y-%m-%d}, when its leads are complete.")
    return Permission(True, f"This recipe has its one look, at the leads until {ends:%Y-%m-%d}.")

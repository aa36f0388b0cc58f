"""What becomes known of one request while it is answered, for its line in the log and for the metrics."""

from contextvars import ContextVar
from dataclasses import dataclass, field

import uuid_utils


@dataclass(slots=True)
class Notes:
    """`request` is the id that problems carry as `instance` and answers as the header Request-Id; `code` is that of the
    problem answered."""

    request: str = field(default_factory=lambda: f"rq_{uuid_utils.uuid7()}")
    status: int | None = None
    key: str | None = None
    lead: str | None = None
    decision: str | None = None
    code: str | None = None
    replayed: bool = False


_of_this_request: ContextVar[Notes] = ContextVar("notes")


def begin() -> Notes:
    """Threads that work for the request share these notes, because they get a copy of its context."""
    notes = Notes()
    _of_this_request.set(notes)
    return notes


def notes() -> Notes:
    """Of the request that is being answered; outside of any, notes that nobody reads."""
    return _of_this_request.get(None) or Notes()


def note(
    key: str | None = None, lead: str | None = None, decision: str | None = None, replayed: bool | None = None
) -> None:
    """What is known now; ids of the ledger only, never text that a caller sent."""
    of_request, found = notes(), {"key": key, "lead": lead, "decision": decision, "replayed": replayed}
    for name, value in found.items():
        if value is not None:
            setattr(of_request, name, value)

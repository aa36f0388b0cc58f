"""Who takes the reins of a lead, and by when."""

from datetime import datetime, timedelta
from typing import NamedTuple

from leads.agreement import Agreement
from leads.lead import Route

QUEUES: dict[Route, str] = {
    "sales": "sales",
    "review": "sales",
    "nurture": "marketing",
    "quarantine": "marketing",
}


class Assignment(NamedTuple):
    owner: str
    respond_by: datetime | None


def assign(route: Route, agreement: Agreement, decided_at: datetime) -> Assignment:
    """The owner is a queue and the minutes run day and night; people, their caps and office hours are not looked at
    yet. Only a lead that goes to sales has a due time."""
    due = decided_at + timedelta(minutes=agreement.sales.first_response_minutes) if route == "sales" else None
    return Assignment(QUEUES[route], due)

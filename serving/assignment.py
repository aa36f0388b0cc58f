"""Who takes the reins of a lead, and by when."""

from datetime import datetime
from typing import NamedTuple

from leads.agreement import Agreement
from leads.lead import Route
from leads.worktime import WorkingTime, working_time

QUEUES: dict[Route, str] = {
    "sales": "sales",
    "review": "sales",
    "nurture": "marketing",
    "quarantine": "marketing",
}


class Assignment(NamedTuple):
    owner: str
    respond_by: datetime | None


def hours_of_sales(agreement: Agreement) -> WorkingTime:
    return working_time(agreement.sales.hours, agreement.sales.timezone, agreement.sales.holidays)


def assign(route: Route, agreement: Agreement, hours: WorkingTime, decided_at: datetime) -> Assignment:
    """The owner is a queue; people and their caps are not looked at yet. Only a lead that goes to sales has a due time,
    counted in the team's working minutes."""
    due = hours.after(decided_at, agreement.sales.first_response_minutes) if route == "sales" else None
    return Assignment(QUEUES[route], due)

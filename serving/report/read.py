"""A report from the ledger, for the days that were asked for."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.ledger import Connection, Ledger, newest_arrival
from leads.ledger.standing import standing
from serving.report.facts import read_facts
from serving.report.figures import Report, figures
from serving.report.period import Period, WrongPeriod, days_of, month_around, month_of


class Days(NamedTuple):
    """A month, or a first and a last day; with neither it is the month of the newest lead."""

    month: str | None = None
    first: str | None = None
    last: str | None = None


def read_report(ledger: Ledger, agreement: Agreement, number: int, days: Days, now: datetime) -> Report:
    """WrongPeriod where the days cannot be. Figures take a while, and the ledger is left before: PostgreSQL ends what
    reads nothing for long."""
    with ledger.long_reading() as connection:
        period = _period(connection, days, ZoneInfo(agreement.sales.timezone), now)
        facts = read_facts(connection, agreement, period)
    return figures(facts, number, standing(ledger))


def _period(connection: Connection, days: Days, zone: ZoneInfo, now: datetime) -> Period:
    if days.month is not None:
        if days.first is not None or days.last is not None:
            raise WrongPeriod("month", "month stands alone: give a month, or from and to.")
        return month_of(days.month, zone, now)
    if days.first is not None and days.last is not None:
        return days_of(days.first, days.last, zone, now)
    if days.first is not None or days.last is not None:
        missing = "to" if days.last is None else "from"
        raise WrongPeriod(missing, f"{missing} is missing: from and to go together.")
    return month_around(min(newest_arrival(connection) or now, now), zone, now)

"""When a message is tried, and what an attempt came to."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from leads.ledger import Verdict

MINUTE, HOUR = 60.0, 3600.0
STEPS = (0.0, 5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds from the attempt before: ten attempts over 75:35:05, as Standard Webhooks 1.0 recommends."""
JITTER = 0.1
"""A wait is made longer by up to this share and never shorter, so that receivers that failed together are not all
tried again at once."""
GONE = 410


class Outcome(NamedTuple):
    """What an attempt was answered: a status (of HTTP or SMTP), or the class of an error. `retry_after` is the wait in
    seconds that was asked for; `permanent` says that trying again cannot help."""

    status: int | None = None
    error: str | None = None
    delivered: bool = False
    retry_after: float = 0.0
    permanent: bool = False


def verdict(outcome: Outcome, attempts: int, at: datetime, draw: float, steps: tuple[float, ...] = STEPS) -> Verdict:
    """`attempts` counts those made, this one among them; `draw` lies between 0 and 1."""
    if outcome.delivered:
        return Verdict("delivered", at)
    if outcome.permanent or attempts >= len(steps):
        return Verdict("dead", at, _no_more(outcome))
    wait = max(steps[attempts], min(outcome.retry_after, max(steps)))
    return Verdict("due", at + timedelta(seconds=wait * (1 + JITTER * draw)), _no_more(outcome))


def _no_more(outcome: Outcome) -> str | None:
    return "It answered 410 Gone." if outcome.status == GONE else None


def retry_after(header: str, now: datetime) -> float:
    """Seconds; 0 for what is neither a number of them nor an HTTP date."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())

"""One retraining from the command: whether it is due, the job, and what MLflow is told of it."""

from __future__ import annotations

import resource
import sys
import time
from datetime import UTC, datetime, timedelta

from leads.agreement import Agreement, agreement_path, parse_agreement, read_agreement
from leads.ledger.agreement import agreement_in_force
from leads.ledger.book import Ledger
from leads.ledger.opening import open_ledger
from leads.ledger.retraining import Retraining, retrainings
from leads.settings import settings
from training.retraining.account import Account
from training.retraining.retrain import retrain
from training.retraining.telling import asked_for, log_retraining
from training.run import shown_progress

DUE_AFTER = timedelta(days=7)


def run_retraining(agreement_option: str | None, budget: float, if_due: bool) -> Account | str:
    """A sentence where none is due yet."""
    started, places = time.monotonic(), settings()
    ledger = open_ledger(places.database_url)
    try:
        agreement = _agreement(ledger, agreement_option or places.agreement)
        if if_due and (wait := _not_due(retrainings(ledger, 1), datetime.now(UTC))):
            return wait
        with shown_progress() as progress:
            asked = asked_for(places, ledger)
            done = retrain(ledger, agreement, datetime.now(UTC), budget, progress)
            progress("logging to MLflow")
            logged = log_retraining(done, agreement, places, ledger)
    finally:
        ledger.close()
    warning = " ".join([*asked, *logged.told]) or None
    return Account(done, logged.run_id, time.monotonic() - started, _megabytes(), warning)


def _agreement(ledger: Ledger, path: str | None) -> Agreement:
    """The one in force, under which leads are decided; the file's while none is."""
    agreed = agreement_in_force(ledger)
    if agreed is None:
        return read_agreement(agreement_path(path))
    return parse_agreement(agreed.text, f"agreement {agreed.number}")


def _not_due(last: list[Retraining], now: datetime) -> str | None:
    if not last or last[0].ended_at is None or last[0].result == "failed" or now - last[0].began_at >= DUE_AFTER:
        return None
    return (
        f"Not due: retraining {last[0].id} was on {last[0].began_at:%Y-%m-%d %H:%M} UTC, and one is due "
        f"{DUE_AFTER.days} days after another. Without --if-due it runs all the same."
    )


def _megabytes() -> float:
    """At most, so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)

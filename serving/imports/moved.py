"""An import that went on by some rows."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from leads.ledger import Came, Import


def moved(before: Import, came: Counter[Came], now: datetime) -> Import:
    done = before.done + came.total()
    return replace(
        before,
        done=done,
        taken=before.taken + came["taken"],
        known=before.known + came["known"],
        forgotten=before.forgotten + came["forgotten"],
        refused=before.refused + came["refused"],
        finished_at=now if done == before.rows else None,
    )

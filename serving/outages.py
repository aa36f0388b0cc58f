"""What is answered while the ledger cannot be used. A sender that names its sendings with an Idempotency-Key may send
again without harm also when it cannot know whether the first one was stored."""

from leads.ledger import LedgerBusy, LedgerUnavailable, StorageFull
from serving.problems import Problem

AGAIN = "Send the form again in a moment; with the same Idempotency-Key it is stored once, however often it comes."


def problem_of(outage: LedgerUnavailable) -> Problem:
    if isinstance(outage, StorageFull):
        return Problem("storage-full", f"Free some space on the database's disk. {AGAIN}", headers={"Retry-After": "5"})
    code = "ledger-busy" if isinstance(outage, LedgerBusy) else "ledger-unavailable"
    return Problem(code, AGAIN, headers={"Retry-After": "1"})

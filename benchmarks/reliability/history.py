"""What the ledger holds after the storm, compared with what was answered during it."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from benchmarks.reliability import postgres
from benchmarks.reliability.sending import Answered
from leads.ledger import Ledger, open_ledger


class Verdict(NamedTuple):
    """Every number counts faults and should be 0; `faults` names the first few."""

    lost: int
    duplicated: int
    changed: int
    messages_missing: int
    messages_twice: int
    damaged: int
    faults: list[str]


def duplicates(database: str) -> int:
    ledger = open_ledger(database)
    with ledger.reading() as connection:
        found = _more_than_once(connection)
    ledger.close()
    return found


def examine(database: str, answers: Sequence[Answered], receivers: int) -> Verdict:
    ledger = open_ledger(database)
    try:
        with ledger.reading() as connection:
            told = {json.loads(answer.body)["decision"]: json.loads(answer.body) for answer in answers}
            kept = _decisions(connection)
            lost = sorted(set(told) - set(kept))
            changed = sorted(name for name in set(told) & set(kept) if kept[name]["lead"] != told[name]["lead"])
            twice = _more_than_once(connection)
            messages = _messages(connection)
        missing = sum(max(0, receivers - len(messages.get(name, ()))) for name in kept)
        repeated = sum(count - 1 for counts in messages.values() for count in counts.values() if count > 1)
        damage = _damage(ledger, database)
    finally:
        ledger.close()
    faults = [f"lost {name}" for name in lost[:5]] + [f"changed {name}" for name in changed[:5]] + damage[:5]
    same_answer = len(answers) - len(told)
    return Verdict(len(lost), twice + same_answer, len(changed), missing, repeated, len(damage), faults)


def _decisions(connection: Connection) -> dict[str, dict[str, Any]]:
    rows = connection.exec_driver_sql("SELECT id, lead, cause FROM decisions WHERE cause = 'submission'")
    return {row.id: {"lead": row.lead} for row in rows}


def _more_than_once(connection: Connection) -> int:
    """Every form names a person of its own, so a second submission of a lead, or a second first decision of a
    submission, is a duplicate."""
    submissions: int = connection.exec_driver_sql(
        "SELECT count(*) - count(DISTINCT lead) FROM submissions"
    ).scalar_one()
    decisions: int = connection.exec_driver_sql(
        "SELECT count(*) - count(DISTINCT submission) FROM decisions WHERE cause = 'submission'"
    ).scalar_one()
    return submissions + decisions


def _messages(connection: Connection) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    wanted = "SELECT decision, receiver FROM messages WHERE receiver IS NOT NULL AND decision IS NOT NULL"
    for row in connection.exec_driver_sql(wanted):
        found.setdefault(row.decision, Counter())[row.receiver] += 1
    return found


def _damage(ledger: Ledger, database: str) -> list[str]:
    if not ledger.on_sqlite:
        return postgres.damage(database) or []
    with ledger.reading() as connection:
        told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        loose = [f"row without its parent: {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [line for line in told if line != "ok"] + loose

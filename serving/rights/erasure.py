"""Erasing people for good: in the ledger, in what its file still holds, and again when an older backup comes back."""

import fcntl
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.ledger import (
    Connection,
    Erasure,
    Forgotten,
    Ledger,
    digests,
    erase,
    erase_again,
    erase_leads,
    expired,
    file_size,
    lead_story,
    overwrite,
    remains,
)
from leads.person import normal_email
from leads.refusal import Refusal
from serving.watch.logs import logger

Writing = Callable[[Callable[[Connection], Erasure]], Erasure]
"""How it is written: by the service's writer, or in a command's own transaction."""
FILE = "erasures.txt"
QUICKLY_WRITTEN = 100_000_000
"""Bytes of a ledger that are written anew in about a second, so that no form is turned away meanwhile."""
QUIET_HOURS = range(2, 5)
log = logger("accord.rights")


def erase_people(writing: Writing, home: Path, people: Sequence[str], leads: Sequence[str] = ()) -> Erasure:
    """`people` by digest. What is to stay forgotten is on the disk in a file of its own before it is erased, because
    the ledger's own list comes back in its older state with an older backup."""
    at = datetime.now(UTC)
    return writing(partial(erase, people=people, leads=leads, at=at, keep=partial(_add, home / FILE)))


def people_of_lead(ledger: Ledger, lead: str, agreement: Agreement) -> tuple[str, ...]:
    """Who a lead is, by its addresses alone: colleagues share a telephone number."""
    story = lead_story(ledger, lead)
    sent = [submission.form for submission in story.submissions] if story else []
    asked = [key for key, field in agreement.form.fields.items() if field.kind == "email"]
    addresses = {f"email:{normal_email(str(form[key]))}" for form in sent for key in asked if form.get(key)}
    return digests(ledger, sorted(addresses))


def erase_what_came_back(ledger: Ledger, home: Path) -> int:
    """How many leads of people who were erased had come back."""
    names = _read(home / FILE)
    if not names:
        return 0
    with ledger.transaction() as connection:
        return erase_again(connection, names).leads


def erase_expired(ledger: Ledger, keep_days: int, now: datetime) -> int:
    """Leads that sent nothing for so long. Receivers are not told: how long they keep what they got is theirs to say,
    and it may be a customer by now."""
    before, count = now - timedelta(days=keep_days), 0
    while True:
        with ledger.transaction() as connection:
            due = expired(connection, before)
            erase_leads(connection, due, now, tell=False)
        count += len(due)
        if not due:
            return count


def keep_to_agreement(ledger: Ledger, agreement: Agreement) -> None:
    """A chore of the service."""
    if agreement.privacy.keep_days is None:
        return
    if count := erase_expired(ledger, agreement.privacy.keep_days, datetime.now(UTC)):
        log.info("leads were erased after their time", count=count)


def overwrite_remains(ledger: Ledger, zone: ZoneInfo) -> None:
    """A chore of the service: the log at once, the file too where that is quick, else at night."""
    if remains(ledger):
        quick = file_size(ledger) <= QUICKLY_WRITTEN
        overwrite(ledger, anew=quick or datetime.now(zone).hour in QUIET_HOURS)


def _add(file: Path, names: Sequence[Forgotten]) -> None:
    """One line each: when, and the digest or the lead's id."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = not file.exists()
    opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)  # on PostgreSQL several erasures may be under way at once
        os.ftruncate(opened, file.read_bytes().rfind(b"\n") + 1)  # a line that a crash cut off
        os.write(opened, "".join(f"{one.at.isoformat()} {one.name}\n" for one in names).encode())
        os.fsync(opened)
    finally:
        os.close(opened)
    if new:
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _read(file: Path) -> list[Forgotten]:
    """What a crash cut off was not erased yet either."""
    if not file.exists():
        return []
    text = file.read_text("ascii")
    lines = text[: text.rfind("\n") + 1].splitlines()
    try:
        return [Forgotten(name, datetime.fromisoformat(at)) for at, _, name in (line.partition(" ") for line in lines)]
    except ValueError:
        raise Refusal(
            f"{file} was changed: each line is a time and a name. Put back what was erased since your last backup, or "
            "people who asked to be forgotten will come back."
        ) from None

"""The forms that came last, for whoever watches a model score."""

from sqlalchemy import select

from leads.lead import Submission
from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.decision import submission_of
from leads.ledger.degraded import AS_WISHED


def recent_forms(ledger: Ledger, most: int) -> list[Submission]:
    """Newest first; without what looked like a bot's, and whom no model may score."""
    here, sent = tables.decisions, tables.submissions
    scored = here.c.degraded.is_(None) | (here.c.degraded != AS_WISHED)
    newest = (
        select(here.c.submission, here.c.decided_at, here.c.id)
        .where(here.c.cause == "submission", here.c.route != "quarantine", scored)
        .order_by(here.c.decided_at.desc(), here.c.id.desc())
        .limit(most)
        .subquery()
    )
    wanted = select(sent).join(newest, newest.c.submission == sent.c.id)
    with ledger.reading() as connection:
        rows = connection.execute(wanted.order_by(newest.c.decided_at.desc(), newest.c.id.desc()))
        return [submission_of(row) for row in rows]

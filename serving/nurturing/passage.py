"""The way through what leads did, in the order in which it was received."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from leads.ledger import Engaged, engaged_between, out_of_sales
from serving.deciding.intake import Intake

EVENTS = 5_000
"""Read at once, of whatever leads; an import may leave a million."""
OVERLAP = timedelta(minutes=2)
"""Another process may still be writing what it received a moment ago, and a sender's clock may be a minute ahead."""
AT_START = timedelta(days=1)
"""How far a process that starts looks back; whatever is older, the nightly run has seen."""


class Page(NamedTuple):
    """Leads that did something new, and the events by which they did. `after` is where the next page begins: here again
    where this one holds more leads than were asked for. The last page of a passage reaches `until`."""

    leads: Sequence[str]
    events: Sequence[Engaged]
    after: Engaged
    until: datetime
    last: bool = False


class Passage:
    """Goes through what was known `later` ago, again and again. A page that is not done is the next one again."""

    def __init__(self, intake: Intake, later: timedelta = timedelta(0), kinds: Collection[str] = ()) -> None:
        self.intake = intake
        self.later = later
        self.kinds = kinds
        self._after = Engaged(self._now() - AT_START)
        self._until: datetime | None = None
        self._seen: set[Engaged] = set()

    def next(self, most: int) -> Page:
        """All pages up to the last one, which is not full, end at the same moment."""
        until = self._until or self._now()
        with self.intake.ledger.reading() as connection:
            found = engaged_between(connection, self._after, until, EVENTS)
            new = [one for one in found if self._is_new(one, until)]
            out = out_of_sales(connection, {one.lead for one in new})
        leads = [lead for lead in dict.fromkeys(one.lead for one in new) if lead in out]
        if len(leads) > most:
            taken = set(leads[:most])
            return Page(leads[:most], [one for one in new if one.lead in taken], self._after, until)
        if len(found) == EVENTS:
            return Page(leads, new, found[-1], until)
        return Page(leads, new, Engaged(until - OVERLAP), until, last=True)

    def done(self, page: Page) -> None:
        """What lies in the overlap is read again, and known again."""
        self._seen.update(page.events)
        if page.after != self._after:
            self._seen = {one for one in self._seen if one.received_at >= page.until - OVERLAP}
        self._after, self._until = page.after, None if page.last else page.until

    def _is_new(self, one: Engaged, until: datetime) -> bool:
        of_kind = not self.kinds or one.kind in self.kinds
        return of_kind and one.known_at is not None and one.known_at <= until and one not in self._seen

    def _now(self) -> datetime:
        return self.intake.decider.now() - self.later

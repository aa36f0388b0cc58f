"""What a sales minute must earn: a row a day and champion, and what it is made of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, Subquery, exists, func, insert, select

from leads.lead import Route, RuledBy, Submission
from leads.ledger import tables
from leads.ledger.decision import newest_sent_first, submission_of

PriceReason = Literal["daily", "promotion"]


@dataclass(frozen=True, slots=True)
class DayPrice:
    """`bundle` is the champion's number, None for the scorecard. `leads` is how many of them it was made from; `demand`
    (of every lead worth calling) and `capacity` are sales minutes a day, `queued` those that nobody had taken;
    `nudge` is what the queue divided the capacity by."""

    day: date
    made_at: datetime
    reason: PriceReason
    bundle: int | None
    agreement: int
    value: float
    review_from: float | None
    leads: int
    demand: float
    capacity: float
    queued: float
    nudge: float

    @property
    def load(self) -> float:
        return self.demand / self.capacity


class SavedPrice(NamedTuple):
    number: int
    price: DayPrice


class Weighable(NamedTuple):
    """What a lead's newest form was decided on, as far as its weight depends on it; `engaged` where the lead ever did
    something after a form."""

    lead: str
    submission: str
    model: str | None
    agreement: int
    degraded: str | None
    probability: float
    spread: float | None
    p_nurture: float | None
    value: float | None
    minutes: float | None
    ruled_by: RuledBy | None
    decided_at: datetime
    route: Route
    engaged: bool


class SentDecision(NamedTuple):
    """What was decided when a form came, as far as it bears on deciding it again."""

    id: str
    lead: str
    submission: str
    decided_at: datetime
    route: Route
    ruled_by: RuledBy | None
    degraded: str | None


class Volume(NamedTuple):
    """How many leads sent a form in the whole window, and in its last part."""

    whole: int
    last: int


def write_price(connection: Connection, price: DayPrice) -> int:
    here = tables.prices
    number: int = connection.scalars(insert(here).values(asdict(price)).returning(here.c.number)).one()
    return number


def newest_price(connection: Connection, bundle: int | None, agreement: int) -> SavedPrice | None:
    """Made under this champion and agreement."""
    here = tables.prices
    wanted = select(here).where(here.c.bundle.is_not_distinct_from(bundle), here.c.agreement == agreement)
    return _saved(connection.execute(wanted.order_by(here.c.number.desc()).limit(1)).first())


def last_price(connection: Connection) -> SavedPrice | None:
    """The newest of all."""
    here = tables.prices
    return _saved(connection.execute(select(here).order_by(here.c.number.desc()).limit(1)).first())


def price_by_number(connection: Connection, number: int) -> SavedPrice | None:
    here = tables.prices
    return _saved(connection.execute(select(here).where(here.c.number == number)).first())


def deciding_since(connection: Connection) -> datetime | None:
    """When the first lead was decided that did not look like a bot's; nobody decided on an imported one."""
    here = tables.decisions
    moment: datetime | None = connection.scalar(
        select(here.c.decided_at)
        .where(here.c.route != "quarantine", here.c.cause != "imported")
        .order_by(here.c.decided_at)
        .limit(1)
    )
    return moment


def volume(connection: Connection, since: datetime, last_since: datetime) -> Volume:
    newest = _newest_sendings(since)
    last = func.count().filter(newest.c.decided_at >= last_since)
    return Volume(*connection.execute(select(func.count(), last).select_from(newest)).one())


def window(connection: Connection, since: datetime, every: int = 1) -> list[Weighable]:
    """The newest decision of each lead that came from a form and was not sent to quarantine; with `every` only each
    so-manieth of them in time."""
    newest = _newest_sendings(since)
    here, did = tables.decisions, tables.engagements
    engaged = exists().where(did.c.lead == here.c.lead)
    asked = [engaged if name == "engaged" else here.c[name] for name in Weighable._fields]
    wanted = (
        select(*asked)
        .join(newest, newest.c.id == here.c.id)
        .where(newest.c.place % every == 0)
        .order_by(newest.c.place)
    )
    return [Weighable(*row) for row in connection.execute(wanted)]


def sent_decisions(connection: Connection, since: datetime, until: datetime) -> list[SentDecision]:
    """The newest of each lead, oldest first; also what went into quarantine."""
    here = tables.decisions
    newest_first = func.row_number().over(
        partition_by=here.c.lead, order_by=(here.c.decided_at.desc(), here.c.id.desc())
    )
    asked = [here.c[name] for name in SentDecision._fields]
    sent = here.c.cause == "submission", here.c.decided_at >= since, here.c.decided_at <= until
    ranked = select(*asked, newest_first.label("nth")).where(*sent).subquery()
    wanted = select(*(ranked.c[name] for name in SentDecision._fields)).where(ranked.c.nth == 1)
    return [SentDecision(*row) for row in connection.execute(wanted.order_by(ranked.c.decided_at, ranked.c.id))]


def sendings(connection: Connection, leads: Sequence[str]) -> dict[str, list[Submission]]:
    """All that each of these leads sent, the newest first; nothing for one that was erased."""
    here = tables.submissions
    found: dict[str, list[Submission]] = {lead: [] for lead in leads}
    wanted = select(here).where(here.c.lead.in_(leads)).order_by(*newest_sent_first())
    for row in connection.execute(wanted):
        found[row.lead].append(submission_of(row))
    return found


def queued_minutes(connection: Connection) -> float:
    """Of the leads of sales that nobody has taken yet."""
    here = tables.assignments
    waiting = here.c.owner.is_(None) & here.c.answered_at.is_(None) & here.c.ended_at.is_(None)
    return float(connection.scalar(select(func.sum(here.c.minutes)).where(waiting)) or 0.0)


def _newest_sendings(since: datetime) -> Subquery:
    """With their place in time."""
    here = tables.decisions
    newest_first = func.row_number().over(
        partition_by=here.c.lead, order_by=(here.c.decided_at.desc(), here.c.id.desc())
    )
    sent = here.c.cause == "submission", here.c.route != "quarantine", here.c.decided_at >= since
    ranked = select(here.c.id, here.c.decided_at, newest_first.label("nth")).where(*sent).subquery()
    in_time = func.row_number().over(order_by=(ranked.c.decided_at, ranked.c.id))
    newest = select(ranked.c.id, ranked.c.decided_at, in_time.label("place")).where(ranked.c.nth == 1)
    return newest.subquery()


def _saved(row: Row[Any] | None) -> SavedPrice | None:
    if row is None:
        return None
    told = dict(row._mapping)
    return SavedPrice(told.pop("number"), DayPrice(**told))

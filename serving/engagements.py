"""What leads do after their form: kept once, in whatever order it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from leads.lead import Engagement
from leads.ledger import Connection, arrival_of, digests, engagements_named, hold, identities_of, write_engagement
from leads.person import identities_of_text
from serving.intake import Intake
from serving.outcomes import LEAD, LEADS_AT_ONCE, SKEW, UNKNOWN, Wrong


class Told(NamedTuple):
    """What came of telling one engagement."""

    replayed: bool = False
    wrong: Wrong | None = None


class Done(NamedTuple):
    told: Sequence[Told]
    taken: Sequence[Engagement] = ()


def tell(intake: Intake, engagements: Sequence[Engagement]) -> list[Told]:
    """Waits until all is on the disk; not for the event loop. A lead's engagements are one transaction, and each lead's
    its own: when the ledger fails in between, telling all of them again does no harm."""
    of_lead: dict[str, list[Engagement]] = {}
    for engagement in engagements:
        of_lead.setdefault(engagement.lead, []).append(engagement)
    told = {lead: iter(done.told) for lead, done in _written(intake, of_lead)}
    return [next(told[engagement.lead]) for engagement in engagements]


def foreseen(connection: Connection, intake: Intake, engagement: Engagement) -> Wrong | None:
    """What telling it would find wrong now; nothing is written."""
    arrived_at = arrival_of(connection, engagement.lead) if LEAD.fullmatch(engagement.lead) else None
    if arrived_at is None:
        return UNKNOWN.wrong
    before = engagements_named(connection, engagement.lead, [engagement.event]).get(engagement.event)
    return _conflict(before, engagement) if before else _wrong(connection, intake, engagement, arrived_at)


def _written(intake: Intake, of_lead: dict[str, list[Engagement]]) -> Iterator[tuple[str, Done]]:
    leads = list(of_lead)
    for start in range(0, len(leads), LEADS_AT_ONCE):
        jobs = [
            (lead, intake.writer.submit(partial(_tell_lead, intake=intake, engagements=of_lead[lead])))
            for lead in leads[start : start + LEADS_AT_ONCE]
        ]
        for lead, job in jobs:
            done = job.result()
            for engagement in done.taken:
                intake.metrics.engaged(engagement)
            yield lead, done


def _tell_lead(connection: Connection, intake: Intake, engagements: Sequence[Engagement]) -> Done:
    """We know of them only now: what was decided while they waited for the lead was decided without them."""
    lead = engagements[0].lead
    arrived_at = arrival_of(connection, lead) if LEAD.fullmatch(lead) and hold(connection, lead) else None
    if arrived_at is None:
        return Done([Told(wrong=UNKNOWN.wrong)] * len(engagements))
    now = intake.decider.now()
    known = engagements_named(connection, lead, [engagement.event for engagement in engagements])
    told, taken = list[Told](), list[Engagement]()
    for engagement in engagements:
        before = known.get(engagement.event)
        wrong = _conflict(before, engagement) if before else _wrong(connection, intake, engagement, arrived_at)
        told.append(Told(before is not None and wrong is None, wrong))
        if before is None and wrong is None:
            known[engagement.event] = replace(engagement, received_at=now)
            write_engagement(connection, known[engagement.event])
            taken.append(known[engagement.event])
    return Done(told, taken)


def _conflict(before: Engagement, told: Engagement) -> Wrong | None:
    if replace(told, received_at=before.received_at, key=before.key) == before:
        return None
    detail = "This event of the lead was told before with another content; give each event an id of its own."
    return Wrong("event-conflict", "event", detail)


def _wrong(connection: Connection, intake: Intake, engagement: Engagement, arrived_at: datetime) -> Wrong | None:
    kinds = intake.agreement.marketing.engagements
    if engagement.kind not in kinds:
        return Wrong("value", "kind", f"kind must be one that the agreement knows: {', '.join(kinds)}.")
    if not arrived_at - SKEW <= engagement.occurred_at <= engagement.received_at + SKEW:
        detail = "occurred_at must lie between the lead's first form and now, give or take a minute."
        return Wrong("timestamp", "occurred_at", detail)
    return _personal(connection, intake, engagement)


def _personal(connection: Connection, intake: Intake, engagement: Engagement) -> Wrong | None:
    """The id of a mail may look like an address in angle brackets; the lead's own address is none."""
    named = digests(intake.ledger, identities_of_text(str(engagement.properties.get("mail", "")).strip("<>")))
    if set(named).isdisjoint(identities_of(connection, engagement.lead)):
        return None
    detail = "mail is the id of a mail, and nothing of the person is kept here; send another id."
    return Wrong("value", "properties/mail", detail)

"""What leads do after their form: what of it is taken, and when we knew."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from leads.lead import Engagement
from leads.ledger import Connection, digests, engagements_named, identities_of, write_engagement
from leads.person import identities_of_text
from serving.deciding.intake import Intake
from serving.feedback import telling
from serving.feedback.telling import EventKind, Kept, Told, Wrong, untimely


def tell(intake: Intake, engagements: Sequence[Engagement]) -> list[Told]:
    return telling.tell(intake, ENGAGEMENTS, engagements)


def _wrong(connection: Connection, intake: Intake, engagement: Engagement, arrived_at: datetime) -> Wrong | None:
    kinds = intake.agreement.marketing.engagements
    if engagement.kind not in kinds:
        return Wrong("value", "kind", f"kind must be one that the agreement knows: {', '.join(kinds)}.")
    return untimely(engagement, arrived_at) or _personal(connection, intake, engagement)


def _personal(connection: Connection, intake: Intake, engagement: Engagement) -> Wrong | None:
    """The id of a mail may look like an address in angle brackets; the lead's own address is none."""
    named = digests(intake.ledger, identities_of_text(str(engagement.properties.get("mail", "")).strip("<>")))
    if set(named).isdisjoint(identities_of(connection, engagement.lead)):
        return None
    detail = "mail is the id of a mail, and nothing of the person is kept here; send another id."
    return Wrong("value", "properties/mail", detail)


def _keep(
    connection: Connection, intake: Intake, new: Sequence[Engagement], _: Collection[Engagement]
) -> Kept[Engagement]:
    """We know of them only now: what was decided while they waited for the lead was decided without them."""
    now = intake.decider.now()
    kept = [replace(engagement, received_at=now) for engagement in new]
    for engagement in kept:
        write_engagement(connection, engagement)
    return Kept(kept)


def _count(intake: Intake, engagement: Engagement) -> None:
    intake.metrics.engaged(engagement)


ENGAGEMENTS = EventKind[Engagement](engagements_named, ("received_at", "key"), _wrong, _keep, _count)

"""What people are told by mail when the clock moves a lead, or pauses a person."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Decision, Step, StepKind, Submission
from serving.delivery.mail import Mail, link_lines, reason_lines, written_lines
from serving.team.assignment import QUEUES

SUBJECTS: Mapping[StepKind, str] = {
    "assigned": "A lead from the queue has an owner",
    "reminded": "A lead waits for an answer",
    "reassigned": "A lead goes on to another person",
    "escalated": "A lead was not answered in time",
    "returned": "A lead is back in the queue",
}


def step_mail(
    step: Step,
    decision: Decision,
    submission: Submission,
    agreement: Agreement,
    to: str | None,
    link: str | None = None,
) -> Mail:
    """To one address, where it is known; as with a decision, the subject holds nothing that the lead wrote."""
    if to is None:
        return Mail()
    zone = ZoneInfo(agreement.sales.timezone)
    about = [*_moved(step, decision, zone), *link_lines(link)]
    lines = [*about, "", *reason_lines(decision), "", *written_lines(submission, agreement)]
    return Mail((to,), {"subject": _subject(step, decision, zone), "text": "\n".join(lines) + "\n"})


def pause_mail(person: str, leads: int, to: tuple[str, ...]) -> Mail:
    text = (
        f"{person} let {leads} leads in a row pass their time to answer and has answered none since the first of them "
        "came.\nWhat waits for them goes back into the queue, and they get no more leads until they come back:\n"
        f"  accord people resume {person!r}\n"
    )
    return Mail(to, {"subject": "A person of the sales team is paused", "text": text}) if to else Mail()


def _subject(step: Step, decision: Decision, zone: ZoneInfo) -> str:
    due = f", answer by {step.respond_by.astimezone(zone):%a %d %b %H:%M}" if step.respond_by else ""
    return f"{SUBJECTS[step.kind]}: band {decision.band}{due} ({step.lead[-6:]})"


def _moved(step: Step, decision: Decision, zone: ZoneInfo) -> Iterator[str]:
    yield f"{SUBJECTS[step.kind]}. Owner: {step.owner or QUEUES['sales']}."
    if step.owner_before not in (None, step.owner):
        yield f"Before: {step.owner_before}."
    yield f"What happened: {step.why}."
    if step.respond_by:
        yield f"Answer by {step.respond_by.astimezone(zone):%A %d %B %Y, %H:%M} ({zone.key})."
    chance = f"{100 * decision.score.probability:.1f} %"
    yield f"Band {decision.band}: {chance} likely to convert within {decision.horizon_days} days."
    yield f"Lead {step.lead}, decision {step.decision}."

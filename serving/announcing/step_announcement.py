"""What the outside hears when the clock moves a lead, or pauses a person."""

from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Announcement, Decision, Step, Submission
from leads.team import Member
from serving import answers
from serving.delivery.step_mail import pause_mail, step_mail
from serving.feedback.answer_links import AnswerLinks
from serving.team.assignment import QUEUES
from serving.team.placement import Team


def step_announcement(
    step: Step,
    decision: Decision,
    submission: Submission,
    agreement: Agreement,
    team: Team,
    links: AnswerLinks | None = None,
) -> Announcement:
    """Receivers are told who has the lead now, and nothing that it wrote; people by mail what they need to answer."""
    zone = ZoneInfo(agreement.sales.timezone)
    data = {
        "lead": step.lead,
        "decision": step.decision,
        "step": step.kind,
        "at": answers.time_told(step.at, zone),
        "owner": step.owner or QUEUES["sales"],
        "owner_before": step.owner_before or QUEUES["sales"],
        "respond_by": answers.time_told(step.respond_by, zone),
        "why": step.why,
    }
    to, link = _mail_to(step, agreement, team), _link(step, agreement, links)
    mail = step_mail(step, decision, submission, agreement, to, link)
    return Announcement(f"lead.{step.kind}", step.at, data, mail.to, mail.content)


def pause_announcement(member: Member, leads: int, agreement: Agreement, team: Team) -> Announcement:
    """The person hears of it, and whoever leads the team."""
    known = (member.mail, _mail_of(agreement.sales.lead, team))
    to = tuple(dict.fromkeys(filter(None, known))) or tuple(filter(None, [agreement.sales.mail]))
    mail, zone = pause_mail(member.name, leads, to), ZoneInfo(agreement.sales.timezone)
    data = {"person": member.name, "at": answers.time_told(team.now, zone), "by": "silence"}
    return Announcement("person.paused", team.now, data, mail.to, mail.content)


def _link(step: Step, agreement: Agreement, links: AnswerLinks | None) -> str | None:
    """For the owner alone: what was escalated is mailed to the lead of the team, who may not have it."""
    if links is None or (step.kind == "escalated" and step.owner != agreement.sales.lead):
        return None
    return links.to(step.lead, step.decision, step.owner, step.at)


def _mail_to(step: Step, agreement: Agreement, team: Team) -> str | None:
    whom = agreement.sales.lead if step.kind == "escalated" else step.owner
    return _mail_of(whom, team) or agreement.sales.mail


def _mail_of(name: str | None, team: Team) -> str | None:
    """Who has left the team hears of no lead."""
    member = team.members.get(name or "")
    return member.mail if member is not None else None

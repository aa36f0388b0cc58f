"""What the outside hears when the service gives a champion up by itself."""

from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Announcement
from models.naming import model_name, model_or_none
from serving import answers
from serving.team.placement import Team

SUBJECT = "Accord went back to the model before"


def return_announcement(given_up: int, serves: int | None, why: str, agreement: Agreement, team: Team) -> Announcement:
    """To whoever leads the sales team, else to sales, and to marketing; it says nothing of any lead."""
    lead, at = team.members.get(agreement.sales.lead or ""), team.now
    known = ((lead.mail if lead else None) or agreement.sales.mail, agreement.marketing.mail)
    data = {
        "model": model_name(given_up),
        "serves": model_or_none(serves),
        "at": answers.time_told(at, ZoneInfo(agreement.sales.timezone)),
        "why": why,
    }
    text = (
        f"Model {given_up} was given up: {why}.\n"
        f"{_named(serves)} leads again since then; nothing needs to be done.\n"
        f"`accord promote --list` tells the story. Model {given_up} serves again only by\n"
        f'  accord promote {given_up} --override "why"\n'
    )
    mail = {"subject": SUBJECT, "text": text}
    return Announcement("model.returned", at, data, tuple(dict.fromkeys(filter(None, known))), mail)


def _named(serves: int | None) -> str:
    return "The agreement's points score" if serves is None else f"Model {serves} scores"

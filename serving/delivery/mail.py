"""What people are told of a lead by mail: why it is theirs, by when to answer, and what it wrote."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Decision, Route, Submission
from models.reasons import top_reasons
from serving.announcing.call_words import call_adds
from serving.announcing.form_words import form_lines, indented

HEADINGS: Mapping[Route, str] = {
    "sales": "A lead for sales",
    "review": "A lead for a person to look at",
    "nurture": "A lead for marketing to nurture",
}


class Mail(NamedTuple):
    to: tuple[str, ...] = ()
    content: Mapping[str, str] | None = None


def mail_of(
    submission: Submission,
    decision: Decision,
    zone: ZoneInfo,
    agreement: Agreement,
    to_owner: str | None = None,
    link: str | None = None,
) -> Mail:
    """To the owner, or to the side that takes the reins, where their address is known; nobody is mailed about bots.
    `link` is the one by which the owner answers."""
    to = agreement.marketing.mail if decision.route == "nurture" else to_owner or agreement.sales.mail
    if to is None or decision.route not in HEADINGS or decision.cause == "kept":
        return Mail()
    if decision.route == "nurture" and decision.cause in ("engagement", "nightly"):
        return Mail()  # it stays where it is
    about = [*_decided(decision, zone), *link_lines(link)]
    lines = [*about, "", *reason_lines(decision), "", *written_lines(submission, agreement)]
    return Mail((to,), {"subject": _subject(decision, zone), "text": "\n".join(lines) + "\n"})


def _subject(decision: Decision, zone: ZoneInfo) -> str:
    """Nothing that the lead wrote: subjects are shown on locked screens and kept in the logs of relays."""
    again = "" if decision.cause == "submission" else ", decided again"
    due = f", answer by {decision.respond_by.astimezone(zone):%a %d %b %H:%M}" if decision.respond_by else ""
    return f"{HEADINGS[decision.route]}: band {decision.band}{due}{again} ({decision.lead[-6:]})"


def _decided(decision: Decision, zone: ZoneInfo) -> Iterator[str]:
    chance = f"{100 * decision.score.probability:.1f} %"
    yield f"{HEADINGS[decision.route]}. Owner: {decision.owner}."
    yield f"Band {decision.band}: {chance} likely to convert within {decision.horizon_days} days."
    if adds := call_adds(decision.score):
        yield f"{adds[:1].upper()}{adds[1:]}."
    if decision.respond_by:
        yield f"Answer by {decision.respond_by.astimezone(zone):%A %d %B %Y, %H:%M} ({zone.key})."
    if decision.cause == "returned":
        yield f"It comes back to sales ({decision.note})."
    if decision.cause in ("engagement", "nightly"):
        yield f"It comes back from marketing. What changed {decision.note}."
    yield f"Lead {decision.lead}, decision {decision.id}."


def link_lines(link: str | None) -> Iterator[str]:
    """A line of its own for the address, since some programs take what follows it for a part of it."""
    if link is not None:
        yield from ("", "Accept it, reject it, or say what came of it, without any password:", link)


def reason_lines(decision: Decision) -> Iterator[str]:
    yield "Why:"
    told = top_reasons(decision.score.contributions)
    yield from (f"  {'+' if reason.effect > 0 else '-'} {indented(reason.text, 6)}" for reason in told)
    if not told:
        yield "  Nothing that it wrote sets it apart."


def written_lines(submission: Submission, agreement: Agreement) -> Iterator[str]:
    yield "What it wrote:"
    yield from form_lines(submission.form, agreement, 2)

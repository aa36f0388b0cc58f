"""A lead's whole story in plain words, oldest first, as a person reads it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from features.engagement import UNSUBSCRIBED, looks_scanned
from leads.agreement import Agreement
from leads.lead import Cause, Decision, Engagement, Outcome, RuledBy, Step, StepKind, Submission
from leads.ledger import SentOn, Story
from leads.outcome import state_of
from models.reasons import top_reasons
from serving.announcing.call_words import call_adds
from serving.announcing.form_words import form_lines, indented
from serving.team.assignment import QUEUES

MARGIN = 11
"""Blanks before what belongs to an event: its own line begins after the time."""
SOON = timedelta(minutes=1)

CAUSES: Mapping[Cause, str] = {
    "submission": "Decided",
    "kept": "Nothing changed, since the form looks like a bot's",
    "rescore": "Decided again, since a model can score it",
    "override": "Decided by hand",
    "restore": "Decided again, out of the quarantine",
    "objection": "Decided again, after an objection or its withdrawal",
    "rejected": "Decided again, since sales rejected it",
    "returned": "Back at sales",
    "imported": "Imported",
    "engagement": "Decided again, after what the person did",
    "nightly": "Decided again by night",
}
RULED: Mapping[RuledBy, str] = {
    "look": "a person's look is worth most here",
    "held": "its re-score changed too little for another route, or came too soon after a change",
    "owner": "sales has it already",
    "consent": "it may not be mailed, so marketing cannot nurture it",
    "bot": "it looks like a bot's",
    "hand": "a person said so",
}
STEPS: Mapping[StepKind, str] = {
    "assigned": "{owner} has it",
    "queued": "It waits in the queue",
    "reminded": "{owner} was reminded",
    "reassigned": "It went on from {before} to {owner}",
    "escalated": "It was escalated; {owner} has it",
    "returned": "It went back from {before} into the queue",
    "answered": "{owner} answered for it",
    "ended": "Sales has it no longer",
}
WITH_DUE_TIME: frozenset[StepKind] = frozenset({"assigned", "queued", "reassigned", "escalated", "returned"})
STATES: Mapping[str, str] = {"due": "not delivered yet", "dead": "given up", "cancelled": "cancelled"}


class Event(NamedTuple):
    """`rank` orders what happened at the same moment, causes first; `more` are lines below it, with their margin."""

    at: datetime
    rank: int
    text: str
    more: tuple[str, ...] = ()


def timeline(story: Story, messages: Sequence[SentOn], agreement: Agreement, now: datetime) -> Iterator[str]:
    zone = ZoneInfo(agreement.sales.timezone)
    yield story.lead
    yield from standing(story, zone, now)
    yield f"Times are those of {zone.key}."
    day: date | None = None
    for event in sorted(_events(story, messages, agreement, zone), key=lambda event: (event.at, event.rank)):
        local = event.at.astimezone(zone)
        if local.date() != day:
            day = local.date()
            yield from ("", f"{local:%A %Y-%m-%d}")
        yield f"  {local:%H:%M}  {event.text}"
        yield from event.more


def standing(story: Story, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """Where it stands now."""
    stands = story.assignment
    if stands is None or stands.ended_at is not None:
        yield from _out_of_sales(story)
        return
    since, due = moment(stands.since, zone, now), moment(stands.respond_by, zone, now)
    who = f"{stands.owner} has it" if stands.owner else "Nobody has it: it waits in the queue"
    if stands.answered_at is not None:
        yield f"{who} since {since}; answered at {moment(stands.answered_at, zone, now)}."
    else:
        by = "it should have been answered by" if now > stands.respond_by else "to be answered by"
        yield f"{who} since {since}; {by} {due}."
    if stands.escalated:
        yield "It was escalated."


def _out_of_sales(story: Story) -> Iterator[str]:
    if (state := state_of(story.outcomes)) != "open":
        yield f"It is {state}."
    elif story.decisions and (last := story.decisions[-1]).route == "quarantine":
        yield f"It waits in quarantine; `accord quarantine restore {story.lead}` takes it out."
    elif story.decisions:
        yield f"{last.owner[:1].upper()}{last.owner[1:]} has it: {last.route}."


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The time alone where it is today."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%a %Y-%m-%d %H:%M}"


def _events(story: Story, messages: Sequence[SentOn], agreement: Agreement, zone: ZoneInfo) -> Iterator[Event]:
    yield from (_form(one, agreement, zone) for one in story.submissions)
    yield from (_decision(one) for one in story.decisions)
    yield from (_step(one, zone) for one in story.steps)
    yield from (_message(one, zone) for one in messages)
    yield from (_outcome(one, zone) for one in story.outcomes)
    scanned = looks_scanned(story.engagements)
    yield from (_engagement(one, one.event in scanned, agreement, zone) for one in story.engagements)


def _form(sent: Submission, agreement: Agreement, zone: ZoneInfo) -> Event:
    marks = f"; noticed: {', '.join(sent.marks)}" if sent.marks else ""
    by = f" with the key {sent.key}" if sent.key else ""
    when = f"; it is of {moment(sent.interest_at, zone, sent.received_at)}" if _waited(sent) else ""
    lines = tuple(form_lines(sent.form, agreement, MARGIN))
    return Event(sent.received_at, 0, f"A form was sent{by}{marks}{when}", lines)


def _waited(sent: Submission) -> bool:
    """Its sender kept it for a while, or it was imported."""
    return sent.received_at - sent.interest_at > SOON


def _decision(made: Decision) -> Event:
    score = made.score
    owner = "nobody has it yet" if made.owner == QUEUES["sales"] else made.owner
    text = (
        f"{CAUSES[made.cause]}: {made.route} ({owner}), band {made.band}, {100 * score.probability:.1f} % likely "
        f"to convert within {made.horizon_days} days"
    )
    by = score.model or f"the {score.scored_by}"
    lines = [f"scored by {by}" + (f" ({made.degraded})" if made.degraded else "")]
    lines += [adds] if (adds := call_adds(score)) else []
    lines += [f"{made.route}: {why}"] if (why := _why(made)) else []
    lines += [f"track: {made.track}"] if made.track else []
    said = "changed" if made.cause in ("engagement", "nightly") else "said"
    lines += [f"{said}: {indented(made.note, MARGIN + 4)}"] if made.note else []
    lines += [f"{'+' if one.effect > 0 else '-'} {one.text}" for one in top_reasons(score.contributions)]
    return Event(made.decided_at, 1, text, tuple(" " * MARGIN + indented(line, MARGIN + 4) for line in lines))


def _why(made: Decision) -> str | None:
    if made.ruled_by == "price" and made.index is not None and made.price is not None:
        price = f"price {made.price_number} is {made.price:,.2f}"
        return f"a minute of sales spent on it earns {made.index:,.2f}, and {price}"
    if made.ruled_by == "band":
        return "by its band, since " + ("there is no price yet" if made.price is None else "its value is unknown")
    if made.ruled_by == "lot":
        return f"drawn by lot ({made.lot:.4f}), so that the effect of a call stays measurable"
    if made.ruled_by == "consent" and made.route == "nurture":
        return "it is not worth a call, and may not be mailed"
    return RULED[made.ruled_by] if made.ruled_by is not None else None


def _step(taken: Step, zone: ZoneInfo) -> Event:
    text = STEPS[taken.kind].format(owner=taken.owner or "the queue", before=taken.owner_before or "the queue")
    if taken.respond_by is not None and taken.kind in WITH_DUE_TIME:
        by = "to be answered by" if taken.respond_by > taken.at else "it should have been answered by"
        text += f", {by} {moment(taken.respond_by, zone, taken.at)}"
    return Event(taken.at, 2, f"{text}: {taken.why}")


def _message(sent: SentOn, zone: ZoneInfo) -> Event:
    done = f"delivered at {moment(sent.finished_at, zone, sent.created_at)}" if sent.finished_at else "delivered"
    state = done if sent.state == "delivered" else STATES[sent.state]
    tried = f" after {sent.attempts} attempts" if sent.attempts > 1 else ""
    return Event(sent.created_at, 3, f"{sent.event} to {sent.to}: {state}{tried}")


def _outcome(told: Outcome, zone: ZoneInfo) -> Event:
    reason = f" ({told.reason})" if told.reason else ""
    value = f", worth {told.value:,.2f}" if told.value is not None else ""
    later = told.received_at - told.occurred_at > SOON
    known = f", told at {moment(told.received_at, zone, told.occurred_at)}" if later else ""
    by = f", by the link mailed to {told.told_by}" if told.told_by is not None else ""
    return Event(told.occurred_at, 0, f"Outcome: {told.type}{reason}{value}{by}{known}")


def _engagement(told: Engagement, scanned: bool, agreement: Agreement, zone: ZoneInfo) -> Event:
    kind = agreement.marketing.engagements.get(told.kind)
    named = [str(told.properties[name]) for name in ("title", "page", "url", "campaign") if name in told.properties]
    of = f": {named[0]}" if named else ""
    later = told.received_at - told.occurred_at > SOON
    known = f", told at {moment(told.received_at, zone, told.occurred_at)}" if later else ""
    means = "; it may not be mailed from now on" if told.kind == UNSUBSCRIBED else ""
    means = "; counts nothing, since it looks like a mail scanner's" if scanned else means
    return Event(told.occurred_at, 0, f"{kind.label if kind else told.kind}{of}{known}{means}")

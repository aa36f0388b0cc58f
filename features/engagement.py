"""Engagements folded into numbers: what a person did after the form, as it was known at one moment.

Mail scanners open and click everything within seconds of delivery, the link that unsubscribes too; what looks like
theirs counts nothing."""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from leads.agreement import Agreement
from leads.consent import may_be_mailed
from leads.lead import Engagement, Submission
from leads.sections import EngagementKind

OPENED, CLICKED, UNSUBSCRIBED = "mail_opened", "mail_clicked", "unsubscribed"
MOST_OF_A_KIND = 5.0
AT_DELIVERY, BURST, UNSUBSCRIBING = timedelta(seconds=10), timedelta(seconds=10), timedelta(seconds=60)
WHOLE = timedelta(minutes=2)
"""So long after it was received, the burst that an event of a mail may belong to is taken to be known whole."""
DAY = timedelta(days=1)
UNSUBSCRIBES = re.compile("unsubscrib|opt-?out|abmeld|abbestell|desabonn|desuscri", re.IGNORECASE)


def counted(engagements: Iterable[Engagement], at: datetime) -> tuple[Engagement, ...]:
    """Those of one lead that were known at the moment and are a person's, as they happened, each event once. What came
    of a mail counts no sooner than it can be told from a scanner's."""
    known = _known(engagements, at)
    scanned = looks_scanned(known)
    return tuple(one for one in known if one.event not in scanned and (not _of_a_mail(one) or _settled(one, at)))


def folded(engagements: Iterable[Engagement], at: datetime, kinds: Mapping[str, EngagementKind]) -> dict[str, float]:
    """`engagement.<kind>`: how many of the kind count at the moment, each half as much after every half-life, five at
    most; a kind without any is left out. With nothing new no number ever rises."""
    return folded_of(counted(engagements, at), at, kinds)


def folded_of(those: Iterable[Engagement], at: datetime, kinds: Mapping[str, EngagementKind]) -> dict[str, float]:
    """The same of those that were counted before."""
    weights = defaultdict[str, list[float]](list)
    for one in those:
        if one.kind in kinds:
            weights[one.kind].append(_left(one, at, kinds[one.kind].half_life_days))
    return {f"engagement.{kind}": min(math.fsum(weights[kind]), MOST_OF_A_KIND) for kind in sorted(weights)}


def looks_scanned(engagements: Iterable[Engagement]) -> frozenset[str]:
    """The events, of one lead, that a mail scanner caused by all that is known now."""
    mails = defaultdict[object, list[Engagement]](list)
    for one in sorted(engagements, key=lambda one: (one.occurred_at, one.event)):
        if _of_a_mail(one):
            mails[one.properties.get("mail")].append(one)
    at_delivery = {one.event for of_mail in mails.values() for one in of_mail if _at_delivery(one)}
    return frozenset(at_delivery.union(*(_in_bursts(of_mail) for of_mail in mails.values())))


def mailable(agreement: Agreement, sent: Submission, engagements: Iterable[Engagement], at: datetime) -> bool:
    """Whether the lead may be written to, as it was known at the moment: its form allows it, and it did not unsubscribe
    since. Where the agreement asks for consent a later form can give it again; silence cannot."""
    ended = unsubscribed_at(engagements, at)
    again = agreement.privacy.mail_consent is not None and ended is not None and sent.interest_at > ended
    return may_be_mailed(agreement, sent.form) and (ended is None or again)


def unsubscribed_at(engagements: Iterable[Engagement], at: datetime) -> datetime | None:
    """When the person last ended the mail, as it was known at the moment; None where it did not."""
    return max((one.occurred_at for one in counted(engagements, at) if one.kind == UNSUBSCRIBED), default=None)


def _left(engagement: Engagement, at: datetime, half_life_days: float) -> float:
    return math.exp2(-((at - engagement.occurred_at) / DAY) / half_life_days)


def _known(engagements: Iterable[Engagement], at: datetime) -> list[Engagement]:
    known = {one.event: one for one in engagements if max(one.received_at, one.occurred_at) <= at}
    return sorted(known.values(), key=lambda one: (one.occurred_at, one.event))


def _of_a_mail(engagement: Engagement) -> bool:
    """Who unsubscribes elsewhere than in a mail is a person."""
    return engagement.kind in (OPENED, CLICKED) or (engagement.kind == UNSUBSCRIBED and "mail" in engagement.properties)


def _settled(engagement: Engagement, at: datetime) -> bool:
    return max(engagement.received_at, engagement.occurred_at) + WHOLE <= at


def _at_delivery(engagement: Engagement) -> bool:
    delivered_at = engagement.properties.get("delivered_at")
    if engagement.kind == UNSUBSCRIBED or not isinstance(delivered_at, str):
        return False
    return engagement.occurred_at - datetime.fromisoformat(delivered_at) <= AT_DELIVERY


def _in_bursts(of_mail: Sequence[Engagement]) -> Iterator[str]:
    """Clicks on different links of one mail, too soon one after another, and what was opened with them."""
    clicks = [one for one in of_mail if one.kind != OPENED]
    links = [_link(one) for one in clicks]
    ends = [link == UNSUBSCRIBED for link in links]
    bursts = [*_among_others(clicks, links, BURST), *_among_others(clicks, ends, UNSUBSCRIBING)]
    yield from (one.event for one in bursts)
    moments = sorted(one.occurred_at for one in bursts)
    for one in of_mail:
        if one.kind == OPENED and _any_within(moments, one.occurred_at - BURST, one.occurred_at + BURST):
            yield one.event


def _among_others(clicks: Sequence[Engagement], links: Sequence[object], within: timedelta) -> Iterator[Engagement]:
    """Those that have a click on another link so near; a window slides over them, since a scanner leaves thousands."""
    window, first, last = Counter[object](), 0, 0
    for one in clicks:
        while last < len(clicks) and clicks[last].occurred_at - one.occurred_at <= within:
            window[links[last]] += 1
            last += 1
        while one.occurred_at - clicks[first].occurred_at > within:
            window[links[first]] -= 1
            if not window[links[first]]:
                del window[links[first]]
            first += 1
        if len(window) > 1:
            yield one


def _any_within(moments: Sequence[datetime], first: datetime, last: datetime) -> bool:
    place = bisect_left(moments, first)
    return place < len(moments) and moments[place] <= last


def _unsubscribes(click: Engagement) -> bool:
    return click.kind == UNSUBSCRIBED or UNSUBSCRIBES.search(str(click.properties.get("url", ""))) is not None


def _link(click: Engagement) -> object:
    """The link that unsubscribes is one, whether its click was told or what it did."""
    return UNSUBSCRIBED if _unsubscribes(click) else click.properties.get("url")

"""What a proposed agreement would have done, in words."""

from collections.abc import Iterator, Sequence
from itertools import islice

from leads.ledger import Proposed
from models.proposal import Comparison, DecidedAgain, Segment, segments, sums

SHOWN_LEADS, SHOWN_SEGMENTS = 50, 12


def proposal_lines(
    proposed: Proposed, changed: Sequence[str], found: Comparison, notes: Sequence[str]
) -> Iterator[str]:
    again = "" if proposed.anew else " already"
    yield f"Agreement {proposed.number} is{again} proposed in place of agreement {proposed.instead_of}. What changes:"
    yield ""
    yield from changed
    yield ""
    yield from _figures(proposed, found)
    yield from notes
    yield from _gains(segments(found.leads))
    yield from _leads(found.changed)
    yield ""
    yield f"Agreement {proposed.instead_of} stays in force until sales and marketing have approved this one, each with"
    yield f"a key of their own: `accord approve {proposed.number}`."


def _figures(proposed: Proposed, found: Comparison) -> Iterator[str]:
    span = f"from {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"
    if not found.leads:
        yield f"No form was decided {span}, so there is nothing to compare."
        return
    by = found.model or "the scorecard"
    yield f"The {len(found.leads):,} leads {span}, scored by {by} as they would be now, and decided again under both:"
    yield ""
    yield f"{'':<12}{'as it was':>10}{'leads':>20}{'minutes of sales':>24}{'expected conversions':>24}"
    before, after = sums([one.before for one in found.leads]), sums([one.after for one in found.leads])
    for route, old in before.items():
        new, was = after[route], sum(one.recorded == route for one in found.leads)
        cells = (
            _to(old.leads, new.leads, 0),
            _to(old.minutes, new.minutes, 0),
            _to(old.conversions, new.conversions, 1),
        )
        yield f"{route:<12}{was:>10,}{cells[0]:>20}{cells[1]:>24}{cells[2]:>24}"
    yield f"Left of each arrow agreement {proposed.instead_of}, right of it agreement {proposed.number}. Conversions"
    yield "are expected as such leads were handled in the past: what a call changes is not in them."
    if found.price_before is not None and found.price_after is not None:
        yield f"A minute of sales must earn {_to(found.price_before.value, found.price_after.value, 2)}."


def _gains(found: Sequence[Segment]) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield "Who gains and who loses leads for sales:"
    for one in found[:SHOWN_SEGMENTS]:
        yield f"  {one.field} {_shown(one.level)}: {_to(one.before, one.after, 0)} ({one.after - one.before:+,})"
    yield from _more(len(found) - SHOWN_SEGMENTS)


def _leads(found: Sequence[DecidedAgain]) -> Iterator[str]:
    yield ""
    if not found:
        yield "No lead would have gone another way."
        return
    yield f"Leads that would have gone another way: {len(found):,}"
    for one in islice(found, SHOWN_LEADS):
        chance = _to(100 * one.before.probability, 100 * one.after.probability, 1)
        yield f"  {one.lead}  {one.before.route} → {one.after.route} ({one.after.ruled_by}), {chance} %"
    yield from _more(len(found) - SHOWN_LEADS)


def _more(left: int) -> Iterator[str]:
    if left > 0:
        yield f"  … and {left:,} more; --json tells them all."


def _to(old: float, new: float, digits: int) -> str:
    left, right = f"{old:,.{digits}f}", f"{new:,.{digits}f}"
    return left if left == right else f"{left} → {right}"


def _shown(level: str) -> str:
    """Visitors can write into their campaign's name what they like."""
    text = "".join(letter if letter.isprintable() else "?" for letter in level)
    return text if len(text) <= 40 else f"{text[:39]}…"

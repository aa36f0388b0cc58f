"""An evaluation in sentences, for people who want to know whether to believe the scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from textwrap import wrap

from models.reasons import told_value
from training.assessment.backtest import Backtest, Named
from training.assessment.drift import SCORE, WORTH_TELLING, Moved
from training.assessment.evaluation import SCORECARD, Evaluation
from training.assessment.judged import Rate

NOTHING = (
    "There is nothing to judge yet: the ledger holds no lead that may teach. `accord serve` takes leads in, and "
    "`accord import leads FILE` brings in those of the past."
)
MOST_KINDS = 3


def percent(share: float | None) -> str:
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def between(low: float, high: float) -> str:
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"


def belief(one: Evaluation) -> Iterator[str]:
    """The answer, in the order in which somebody from sales would ask."""
    if not one.leads:
        yield NOTHING
        return
    yield from _kept_word(one.backtest)
    if one.curves is not None:
        yield (
            f"The tenth of the leads with the best scores holds {percent(one.curves.tenth)} of the conversions; drawn "
            "by lot it would be 10 %."
        )
    yield from _forward(one)
    yield from _kinds(one)
    yield from _moved(one)


def _kept_word(found: Backtest | None) -> Iterator[str]:
    if found is None:
        yield "No lead was scored when it came, so nothing tells yet whether the scores kept their word."
        return
    all_ = found.all
    off = all_.off
    if not all_.shown:
        yield f"{all_.leads:,} leads were scored when they came, so lately that nothing tells yet what came of them."
        return
    yield (
        f"{all_.leads:,} leads were scored when they came. They were promised {all_.promised_by_now:,.0f} conversions "
        f"by now, and {all_.seen:,} came. {_verdict(all_, off)}"
    )
    judged = [(name, rate) for name, rate in found.months if rate.off is not None]
    if len(judged) > 1:
        wrong = [name for name, rate in judged if rate.off]
        told = f", last in {wrong[-1]}" if wrong else ""
        yield (
            f"Month by month the promise lay outside what chance allows in {len(wrong)} of {len(judged)}{told}. By "
            "chance alone it would be one in twenty."
        )


def _verdict(rate: Rate, off: bool | None) -> str:
    if off is None:
        return "That is too little to judge by."
    if not off:
        return "That is as near as chance allows: the scores kept their word."
    way = "much" if rate.promised > rate.rate else "little"
    happens = f"{percent(rate.rate)} [{between(rate.low, rate.high)}]"
    return f"The scores promised too {way}, beyond chance: {percent(rate.promised)}, and {happens} convert."


def _forward(one: Evaluation) -> Iterator[str]:
    if one.forward is None:
        return
    test = one.forward
    others = [other for other in test.candidates if other.name != test.winner]
    beaten = [f"the {other.name}" for other in others if other.worse_low > 0]
    better = [f"the {other.name}" for other in others if other.worse_high < 0]
    told = [f"certainly better than {_listed(beaten)}"] if beaten else []
    told += [f"certainly worse than {_listed(better)}"] if better else []
    said = " and ".join(told) or "not certainly better or worse than any other"
    yield (
        f"On {test.leads:,} leads that were new to all candidates, {test.converted:,} of them converted, "
        f"{_the(test.winner)} is {said}."
    )


def _the(name: str) -> str:
    return name if name.startswith(("model ", "the ")) else f"the {name}"


def _kinds(one: Evaluation) -> Iterator[str]:
    wrong = sorted((s for s in one.segments if s.wrong), key=lambda s: -abs(s.rate.promised_by_now - s.rate.seen))
    for segment in wrong[:MOST_KINDS]:
        rate = segment.rate
        yield (
            f"{segment.field}: {segment.level} ({rate.leads:,} leads) were promised {percent(rate.promised)}, and "
            f"{percent(rate.rate)} convert [{between(rate.low, rate.high)}]: beyond chance, though "
            f"{len(one.segments)} kinds of leads were looked at."
        )
    if len(wrong) > MOST_KINDS:
        yield f"{len(wrong) - MOST_KINDS} more kinds of leads are off beyond chance, too."
    if one.segments and not wrong:
        yield f"For none of {len(one.segments)} kinds of leads is the promise off beyond chance."


def _moved(one: Evaluation) -> Iterator[str]:
    if one.drift.too_early:
        yield "There are too few leads or months to say whether leads changed."
    elif not one.drift.moved:
        yield f"Leads did not change over {len(one.drift.months)} months beyond chance."
    for moved in one.drift.moved:
        yield moved_words(moved)


def moved_words(one: Moved) -> str:
    course = one.course
    if one.feature is SCORE:
        way = "rose" if course.since > course.before else "fell"
        return (
            f"The scores {way} from {percent(course.before)} to {percent(course.since)} on average since {one.since}, "
            "by the same model: other leads come now."
        )
    way = "rose" if course.since > course.before else "fell"
    if course.is_share:
        what = f"“{one.feature.label}: {course.what}”"
        shares = f"from {percent(course.before)} to {percent(course.since)} of the leads"
        return f"{what} {way} {shares} since {one.since}; {_follow(one)}"
    before, since = (told_value(one.feature, value) for value in (course.before, course.since))
    return f"“{one.feature.label}” {way} from {before} to {since} on average since {one.since}; {_follow(one)}"


def _follow(one: Moved) -> str:
    if one.effect is None:
        return "the model does not read it."
    if abs(one.effect) < WORTH_TELLING:
        return "the scores hardly move by it."
    way = "up" if one.effect > 0 else "down"
    return f"the scores follow it: by this alone the odds went {way} by {percent(abs(math.exp(one.effect) - 1))}."


def no_forward(one: Evaluation) -> str:
    proof = "What leads were promised when they came is no weaker proof." if one.backtest is not None else ""
    if one.name == SCORECARD:
        return f"There is no test on new leads: the scorecard has learned from none. {proof}".rstrip()
    return (
        f"There is no test on new leads yet: of those that came since the model learned, too few have had their "
        f"{one.agreement.goal.within_days} days to convert. {proof}"
    ).rstrip()


def role(one: Evaluation) -> str:
    return "which scores now" if one.serves else "which wants to score"


def odds(effect: float) -> str:
    """What an effect does to the odds."""
    return f"× {math.exp(effect):.2f}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def lines(one: Evaluation) -> Iterator[str]:
    """For a terminal."""
    yield f"Why believe these scores? {one.name[:1].upper()}{one.name[1:]}, {role(one)}:"
    for told in belief(one):
        yield from wrap(told, 96, initial_indent="  - ", subsequent_indent="    ")
    if one.backtest is not None:
        yield from ("", f"{'':22}{'leads':>8}{'promised':>10}{'converted':>11}{'in the end':>12}   95 % interval")
        for name, rate in (*_named("band", one.backtest.bands), *one.backtest.months, ("all", one.backtest.all)):
            star = f"{name} *" if rate.young else name
            figures = f"{rate.leads:>8,}{percent(rate.promised):>10}{rate.seen:>11,}{percent(rate.rate):>12}"
            yield f"  {star:20}{figures}   {between(rate.low, rate.high)}"
        yield "  * Some of these leads may still convert."


def _named(kind: str, rows: Sequence[Named]) -> list[Named]:
    return [(f"{kind} {name}", rate) for name, rate in rows]

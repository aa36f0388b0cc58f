"""A report in plain words: what both teams want, what each owes the other, what went well, what did not, who acts."""

from collections.abc import Iterator
from typing import NamedTuple

from leads.counted import counted
from models.ladder import Expected
from serving.report.attribution import Row
from serving.report.bands import BandRow
from serving.report.fact import NO_REASON
from serving.report.figures import Report
from serving.report.verdict import verdict
from serving.team.assignment import QUEUES

NINE_OF_TEN = 0.9
"""So many answers in time keep the promise: people fall ill."""
LEAST, LEAST_CONVERSIONS = 20, 3
"""Of fewer nothing is said of a source."""


class Promise(NamedTuple):
    """`kept` is None where nothing was promised, or it is too early to say; `short` is what happened in a few words."""

    owes: str
    happened: str
    short: str
    kept: bool | None


class Words(NamedTuple):
    goal: Promise
    marketing: Promise
    sales: Promise
    well: tuple[str, ...]
    badly: tuple[str, ...]
    reins: str
    notes: tuple[str, ...]


def words(report: Report) -> Words:
    said = (_goal(report), _marketing(report), _sales(report))
    told = [*_of_promises(said), *_of_scores(report), *_of_sources(report)]
    return Words(
        *said,
        tuple(text for good, text in told if good),
        tuple(text for good, text in told if not good),
        _reins(report, said),
        tuple(_notes(report)),
    )


def number(value: float) -> str:
    """Whole where it is one; promises of a part of a month are not."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def share(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.0f} %" if value >= 0.0995 or value == 0 else f"{100 * value:.1f} %"


def expected(final: Expected) -> str:
    """With its interval, unless all is known already."""
    if final.low == final.high == final.seen:
        return number(final.conversions)
    return f"{final.conversions:,.0f} [{final.low:,.0f}–{final.high:,.0f}]"


def owner(name: str) -> str:
    return "nobody (the queue)" if name == QUEUES["sales"] else name


def minutes(value: float) -> str:
    if value < 100:
        return f"{max(1.0, value):.0f} min"
    return f"{value / 60:.1f} h" if value < 48 * 60 else f"{value / 1440:.1f} days"


def _goal(report: Report) -> Promise:
    final, owed = report.expected, report.promises.conversions
    so_far = counted(report.all.converted, "conversion") + ("" if report.settled else " so far")
    coming = f", {expected(final)} expected in the end" if report.all.young else ""
    happened = f"{so_far}{coming}."
    if owed is None:
        return Promise("No number of conversions was agreed.", happened, "", None)
    kept = True if final.low >= owed else False if final.high < owed else None
    verdict = "The goal is met" if kept else "Behind the goal" if report.period.running else "The goal is missed"
    short = f"{verdict}: {expected(final)} of {number(owed)} conversions."
    return Promise(f"{number(owed)} conversions, each within {report.horizon} days.", happened, short, kept)


def _marketing(report: Report) -> Promise:
    """Whoever sales did not reject counts as qualified: that it has not answered yet is not for marketing to pay."""
    all_, owed = report.all, report.promises.qualified_leads
    happened = f"{counted(all_.leads, 'lead')} came. Sales accepted {all_.accepted:,} and rejected {all_.rejected:,}."
    if owed is None:
        return Promise("No number of qualified leads was promised.", happened, "", None)
    qualified = all_.leads - all_.rejected
    short = f"Marketing brought {qualified:,} qualified leads of {number(owed)}."
    return Promise(
        f"{number(owed)} qualified leads: such as sales does not reject.", happened, short, qualified >= owed
    )


def _sales(report: Report) -> Promise:
    said, promised = report.responses, report.promises.first_response_minutes
    owes = f"An answer to each lead within {promised} working minutes."
    if not said.due:
        return Promise(owes, "No answer was due.", "", None)
    middle = f" Half of the answers came within {minutes(said.working.p50)} of working time." if said.working else ""
    never = f"{counted(said.never, 'lead')} had none until now." if said.never else "Every one has an answer."
    in_time = f"{said.in_time:,} of {counted(said.due, 'lead')} answered in time ({share(said.share_in_time)})."
    kept = (said.share_in_time or 0.0) >= NINE_OF_TEN
    short = (
        f"Sales answered {share(said.share_in_time)} of the leads in time; {share(said.share_never)} have no answer."
    )
    return Promise(owes, f"{in_time} {never}{middle}", short, kept)


def _of_promises(said: tuple[Promise, Promise, Promise]) -> Iterator[tuple[bool, str]]:
    yield from ((promise.kept, promise.short) for promise in said if promise.kept is not None)


def _of_scores(report: Report) -> Iterator[tuple[bool, str]]:
    judged = [band for band in report.bands_before if band.as_foretold is not None]
    wrong = [band for band in judged if not band.as_foretold]
    if judged and not wrong:
        earlier = counted(sum(band.leads for band in judged), "lead")
        yield True, f"The scores were right: of {earlier} that came earlier, each band converted as foretold."
    for band in wrong:
        yield False, f"The scores were wrong on band {band.band}: {_foretold(band)}."


def _foretold(band: BandRow) -> str:
    return f"{share(band.rate)} of {counted(band.leads, 'lead')} converted where {share(band.predicted)} were foretold"


def _of_sources(report: Report) -> Iterator[tuple[bool, str]]:
    by_source = [row for row in report.tables["first", "source"] if row.leads >= LEAST]
    if len(by_source) > 1:
        best = max(by_source, key=_rate)
        if best.expected.conversions >= LEAST_CONVERSIONS:
            yield True, f"“{best.name}” brought the best leads: {share(_rate(best))} of {best.leads:,} convert."
    refused = [row for row in by_source if row.accepted + row.rejected >= LEAST and row.rejected > row.accepted]
    for row in refused:
        why = next((f", mostly for {reason}" for reason in row.reasons if reason != NO_REASON), "")
        yield False, f"Sales rejected {row.rejected:,} of {row.accepted + row.rejected:,} from “{row.name}”{why}."
    for row in report.tables["first", "source"]:
        if row.cost and not row.leads:
            yield False, f"“{row.name}” cost {row.cost:,.0f} and brought nobody."


def _rate(row: Row) -> float:
    return row.expected.conversions / row.leads if row.leads else 0.0


def _reins(report: Report, said: tuple[Promise, Promise, Promise]) -> str:
    _, marketing, sales = said
    if not report.all.leads:
        return "No lead came, so marketing: without leads nobody can do anything."
    if report.shortfall is not None:
        return verdict(report.shortfall).sentence
    if marketing.kept is False and sales.kept is not False:
        return "Marketing: fewer qualified leads came than promised."
    if sales.kept is False and marketing.kept is not False:
        return "Sales: too many leads waited longer than promised."
    if sales.kept is False:
        return "Both: neither promise was kept."
    return "Nobody has to yet: the promises that can be judged were kept."


def _notes(report: Report) -> Iterator[str]:
    all_ = report.all
    if report.period.running:
        yield f"The period still runs; promises count for the {report.period.months:.2f} months that are over."
    if all_.young:
        yield (
            f"{counted(all_.young, 'lead')} of {all_.leads:,} came less than {report.horizon} days ago and may still "
            "convert; what is expected in the end is told with its 95 % interval."
        )
    if all_.young and not report.curve.whole:
        yield f"No lead is {report.horizon} days old yet, so “in the end” means by day {report.curve.followed:.0f}."
    if report.history:
        past = counted(report.history, "lead")
        yield f"{past} came with an import; nobody of Accord decided on them, so no answer was owed."
    if report.late:
        yield f"{counted(report.late, 'lead')} converted after more than {report.horizon} days and count as none."
    if report.bots:
        yield f"{counted(report.bots, 'lead')} left out: what looked like a bot's and nobody restored."

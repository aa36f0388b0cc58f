"""A report for the terminal: in plain words first, then figures, then tables."""

import textwrap
from collections.abc import Iterator, Sequence

from serving.report.attribution import By, Row
from serving.report.bands import BandRow
from serving.report.figures import Report
from serving.report.origin import NONE, UNKNOWN
from serving.report.response import Responses
from serving.report.shortfall_words import parts
from serving.report.words import Promise, Words, expected, minutes, owner, share, words
from serving.views.standing import standing_words

WIDE = 100
LONGEST_NAME = 24
TITLES: dict[By, str] = {"source": "Sources", "campaign": "Campaigns", "offer": "Offers"}


def report_lines(report: Report) -> Iterator[str]:
    said = words(report)
    yield from _words(report, said)
    if report.shortfall is not None:
        yield from ("", "What stands between the goal and what is expected", *_gap(report))
    if report.people:
        yield from ("", "Answers of sales, by who had the lead first", *_table(_people(report)))
    for title, bands in (("Scores of these leads", report.bands), ("Scores of earlier leads", report.bands_before)):
        if any(band.leads for band in bands):
            yield from ("", title, *_table(_bands(bands)))
    yield from ("", *_wrapped(standing_words(report.standing, report.period.zone)))
    for by, title in TITLES.items():
        found = report.tables["first", by]
        if len(found) > 1 or (found and found[0].name not in (NONE, UNKNOWN)):
            yield from ("", f"{title}, by the first form", *_table(_attribution(found)))
    yield ""
    yield from _wrapped("The last forms, more figures and charts: --html FILE, or --json.")


def _words(report: Report, said: Words) -> Iterator[str]:
    yield f"{report.period.title}: sales and marketing"
    for title, promise in (("The one goal", said.goal), ("Marketing owes", said.marketing), ("Sales owes", said.sales)):
        yield from (
            "",
            *_wrapped(f"{title}: {promise.owes}"),
            *_wrapped(f"{_verdict(promise)}{promise.happened}", "  "),
        )
    for title, told in (("Went well", said.well), ("Did not", said.badly)):
        if told:
            yield from ("", title, *(line for text in told for line in _wrapped(text, "  - ", "    ")))
    yield from ("", *_wrapped(f"Who takes the reins? {said.reins}"))
    if said.notes:
        yield ""
        yield from (line for note in said.notes for line in _wrapped(note))


def _verdict(promise: Promise) -> str:
    return "" if promise.kept is None else "Kept: " if promise.kept else "Not kept: "


def _wrapped(text: str, first: str = "", then: str | None = None) -> list[str]:
    return textwrap.wrap(text, WIDE, initial_indent=first, subsequent_indent=first if then is None else then)


def _gap(report: Report) -> Iterator[str]:
    for one in parts(report):
        yield f"  {one.name:<36}{one.told:>9}   {one.why}".rstrip()


def _people(report: Report) -> Iterator[Sequence[str]]:
    yield "", "leads", "in time", "late", "never", "half within", "9 of 10"
    yield from (_person(one, owner(one.name)) for one in report.people)
    yield _person(report.responses, "all")


def _person(one: Responses, name: str) -> Sequence[str]:
    half, most = (minutes(one.working.p50), minutes(one.working.p90)) if one.working else ("–", "–")
    return _cut(name), f"{one.asked:,}", share(one.share_in_time), f"{one.late:,}", f"{one.never:,}", half, most


def _bands(bands: Sequence[BandRow]) -> Iterator[Sequence[str]]:
    yield "band", "leads", "foretold", "converted", "in the end"
    for band in bands:
        if band.leads:
            rate = f"{share(band.rate)} [{share(band.low)}–{share(band.high)}]" if band.told else "–"
            yield band.band, f"{band.leads:,}", share(band.predicted), f"{band.converted:,}", rate


def _attribution(found: Sequence[Row]) -> Iterator[Sequence[str]]:
    costs = any(row.cost is not None for row in found)
    yield (
        "",
        "leads",
        "to sales",
        "accepted",
        "rejected",
        "converted",
        "in the end",
        "value",
        *(["cost"] if costs else []),
    )
    for row in found:
        told = (row.leads, row.to_sales, row.accepted, row.rejected, row.converted)
        cost = [f"{row.cost:,.0f}" if row.cost is not None else "–"] if costs else []
        yield _cut(row.name), *(f"{count:,}" for count in told), expected(row.expected), f"{row.value:,.0f}", *cost


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _table(rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right."""
    told = list(rows)
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    for row in told:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  " + "  ".join(cells).rstrip()

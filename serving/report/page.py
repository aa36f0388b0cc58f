"""A report as one page that needs nothing else: no script, no picture, no font from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape as escaped

from serving.report.attribution import BYS, Row
from serving.report.bands import BandRow
from serving.report.body import curve_points
from serving.report.charts import band_chart, delay_chart, gap_chart, response_chart
from serving.report.figures import Report
from serving.report.response import Responses
from serving.report.shortfall_words import parts
from serving.report.style import STYLE
from serving.report.words import Promise, Words, expected, minutes, number, owner, share, words
from serving.views.standing import standing_words

TITLES = {"source": "Source", "campaign": "Campaign", "offer": "Offer"}
VERDICTS = {True: ("kept", "kept"), False: ("broken", "not kept"), None: ("open", "open")}
OF_GOAL = {True: "met", False: "missed", None: "open"}
GOAL = "The one goal"
TIMES = "Times until half and nine of ten of the answers: in working time of who had it first, then by the clock."
HEADS_OF_PEOPLE = (
    "Had it first",
    "Leads",
    "In time",
    "Late",
    "Never",
    "Not due yet",
    "Half",
    "9 of 10",
    "Half (clock)",
    "9 of 10 (clock)",
)
HEADS = ("Leads", "To sales", "Accepted", "Rejected", "Converted", "In the end", "Value")
FIRST = "What brought a lead first."
LAST = "What brought it last before it converted, or until now."
Cells = Sequence[str]


def escape(text: str) -> str:
    """A number and its sign stay on one line."""
    return escaped(text).replace(" %", "&nbsp;%")


def report_page(report: Report) -> str:
    said = words(report)
    title = f"Sales and marketing, {report.period.title}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">""",
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
            *_words(report, said),
            *_figures(report),
            *_tables(report),
            f"<footer>{escape(_told(report))}</footer></main></body></html>\n",
        ]
    )


def _words(report: Report, said: Words) -> Iterator[str]:
    yield f"<header><p>Sales and marketing</p><h1>{escape(report.period.title)}</h1></header>"
    yield '<section class="promises">'
    for title, promise in ((GOAL, said.goal), ("Marketing owes", said.marketing), ("Sales owes", said.sales)):
        yield _promise(title, promise)
    yield "</section>"
    yield f'<section class="reins"><h2>Who takes the reins?</h2><p>{escape(said.reins)}</p></section>'
    yield '<section class="pair">'
    for title, look, told in (("What went well", "well", said.well), ("What did not", "badly", said.badly)):
        yield f'<div class="{look}"><h2>{title}</h2>{_list(told) if told else "<p>Nothing that stands out.</p>"}</div>'
    yield "</section>"
    if said.notes:
        yield f'<section class="notes">{"".join(f"<p>{escape(note)}</p>" for note in said.notes)}</section>'


def _promise(title: str, promise: Promise) -> str:
    look, verdict = VERDICTS[promise.kept]
    verdict = OF_GOAL[promise.kept] if title == GOAL else verdict
    return (
        f'<div class="{look}"><h2>{title}<span>{verdict}</span></h2><p class="owes">{escape(promise.owes)}</p>'
        f"<p>{escape(promise.happened)}</p></div>"
    )


def _list(told: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in told)}</ul>"


def _figures(report: Report) -> Iterator[str]:
    yield '<section class="figures">'
    for value, name in _tiles(report):
        yield f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>"
    yield "</section>"
    if report.shortfall is not None:
        lines = [f"<b>{escape(one.name)}</b>: {escape(one.why)}" for one in parts(report) if one.why]
        more = f'<ul class="small">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'
        yield _figure("What stands between the goal and what is expected", gap_chart(report) + more)
    if report.responses.due:
        key = _key(("good", "in time"), ("fair", "late"), ("bad", "never"))
        yield _figure("Answers of sales, by who had the lead first", key + response_chart(report.people))
    yield from _score_figures(report)
    if report.all.leads:
        half = report.curve.quantile(0.5)
        told = f"Share of the final conversions that is seen by the age of a lead; half of them by day {half:.0f}."
        chart = delay_chart(curve_points(report), report.horizon, half)
        yield _figure("How long conversions take", f'{chart}<p class="small">{told}</p>')


def _score_figures(report: Report) -> Iterator[str]:
    key = _key(("range", "what happens, with its 95 % interval"), ("foretold", "foretold"))
    for title, bands in (
        ("Were the scores right? Earlier leads, old enough to judge", report.bands_before),
        ("The scores of these leads", report.bands),
    ):
        if any(band.told for band in bands):
            yield _figure(title, key + band_chart(bands))


def _key(*looks: tuple[str, str]) -> str:
    told = (f'<span><i class="{look}"></i>{escape(name)}</span> ' for look, name in looks)
    return f'<p class="key">{"".join(told)}</p>'


def _figure(title: str, inner: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{inner}</figure>"


def _tiles(report: Report) -> Iterator[tuple[str, str]]:
    all_, answers = report.all, report.responses
    yield f"{all_.leads:,}", "leads"
    yield f"{all_.to_sales:,}", "given to sales"
    yield share(report.acceptance), "of the answered ones accepted"
    yield f"{all_.converted:,}", "converted" + (" so far" if not report.settled else "")
    if all_.young:
        yield expected(all_.expected), "expected in the end"
    yield minutes(answers.working.p50) if answers.working else "–", "of work until half of the answers"
    yield f"{all_.value:,.0f}", "value of the conversions"
    if all_.cost is not None:
        yield f"{all_.cost:,.0f}", "spent by marketing"


def _tables(report: Report) -> Iterator[str]:
    if report.people:
        rows = [*(_person(one, owner(one.name)) for one in report.people), _person(report.responses, "All")]
        yield _table("Answers of sales", TIMES, HEADS_OF_PEOPLE, rows)
    if report.all.leads:
        yield _bands_table(report)
        yield _reasons_table(report)
    for by in BYS:
        first, last = report.tables["first", by], report.tables["last", by]
        if first:
            costs = any(row.cost is not None for row in (*first, *last))
            heads = [TITLES[by], *HEADS, *(["Cost"] if costs else [])]
            yield _table(f"{TITLES[by]} of the first form", FIRST, heads, [_row(row, costs) for row in first])
            yield _table(f"{TITLES[by]} of the last form", LAST, heads, [_row(row, costs) for row in last])


def _person(one: Responses, name: str) -> Cells:
    counts = (f"{count:,}" for count in (one.late, one.never, one.not_due))
    times = (minutes(value) for quantiles in (one.working, one.clock) for value in quantiles or ())
    return name, f"{one.asked:,}", share(one.share_in_time), *counts, *(times if one.clock else ["–"] * 4)


def _row(row: Row, costs: bool) -> Cells:
    counts = (f"{count:,}" for count in (row.leads, row.to_sales, row.accepted, row.rejected, row.converted))
    cost = [f"{row.cost:,.0f}" if row.cost is not None else "–"] if costs else []
    return row.name, *counts, expected(row.expected) + (" *" if row.young else ""), f"{row.value:,.0f}", *cost


def _bands_table(report: Report) -> str:
    rows = [_band_row(band, "these") for band in report.bands if band.leads]
    rows += [_band_row(band, "earlier") for band in report.bands_before if band.leads]
    heads = ["Band", "Leads", "Foretold", "Converted", "Converts in the end", "95 % interval"]
    scored = ", ".join(f"{number(count)} by {by}" for by, count in sorted(report.scored_by.items()))
    now = standing_words(report.standing, report.period.zone)
    return _table("Scores", f"Of these leads and of earlier ones. Scored: {scored or 'none'}. {now}", heads, rows)


def _band_row(band: BandRow, which: str) -> Cells:
    interval = f"{share(band.low)}–{share(band.high)}" if band.told else "–"
    shares = share(band.predicted), f"{band.converted:,}", share(band.rate) if band.told else "–"
    return f"{band.band} ({which})", f"{band.leads:,}", *shares, interval


def _reasons_table(report: Report) -> str:
    reasons = list(report.all.reasons)
    if not reasons:
        return ""
    rows = [
        (row.name, *(f"{row.reasons.get(reason, 0):,}" for reason in reasons), f"{row.rejected:,}")
        for row in (*report.tables["first", "source"], replace(report.all, name="All"))
        if row.rejected
    ]
    return _table("Why sales rejected", "By the source of the first form.", ["Source", *reasons, "All"], rows)


def _table(title: str, told: str, heads: Sequence[str], rows: Sequence[Cells]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<section class="table"><h2>{escape(title)}</h2><p class="small">{escape(told)}</p>'
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _told(report: Report) -> str:
    at = report.period.now.astimezone(report.period.zone)
    young = " * Some of these leads are too young to judge." if report.all.young else ""
    return f"As known on {at:%Y-%m-%d %H:%M} ({report.period.zone.key}), under agreement {report.agreement}.{young}"

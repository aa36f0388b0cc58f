"""An evaluation as one page that needs nothing else: no script, no picture, no font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape as escaped
from itertools import zip_longest
from zoneinfo import ZoneInfo

from training.assessment import charts
from training.assessment.backtest import Backtest, Named
from training.assessment.evaluation import Evaluation
from training.assessment.forward import Candidate
from training.assessment.judged import Rate
from training.assessment.style import STYLE
from training.assessment.words import belief, between, moved_words, no_forward, percent, role

KEY = (
    '<p class="key"><span><i class="promised"></i>promised</span><span><i class="wrong"></i>promised, beyond chance'
    '</span><span><i class="happened"></i>happens</span><span><i class="range"></i>95 % interval</span></p>'
)
YOUNG = (
    "* Some of these leads may still convert. What they come to is worked out from how late conversions came so far; "
    "their interval is wider."
)
CALLED = "A score says what happens if sales follows up; leads that are nurtured may convert less than that."
MONTH = re.compile(r"\b(20\d\d)-(\d\d)\b(?!-)")
Cells = Sequence[str]


def escape(text: str) -> str:
    """A number and its sign, and a month, stay on one line."""
    return MONTH.sub("\\1\u2011\\2", escaped(text).replace(" %", "&nbsp;%"))


def page(one: Evaluation) -> str:
    title = "Why believe these scores?"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">""",
            f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
            f"<header><p>Accord: {escape(one.name)}, {role(one)}</p><h1>{title}</h1></header>",
            f'<section class="box belief">{_list(belief(one))}</section>',
            *(_parts(one) if one.leads else ()),
            *_card(one),
            f"<footer>{escape(_told(one))}</footer></main></body></html>\n",
        ]
    )


def _parts(one: Evaluation) -> Iterator[str]:
    yield from _backtest(one.backtest)
    yield from _forward(one)
    yield from _curves(one)
    yield from _segments(one)
    yield from _drift(one)
    yield from _influence(one)


def _backtest(found: Backtest | None) -> Iterator[str]:
    if found is None:
        return
    yield "<h2>What was promised, and what came</h2>"
    yield f'<p class="small">{escape(f"Each lead as it was scored when it came, by {_scored_by(found)}. {YOUNG}")}</p>'
    yield _figure("Month by month", charts.promises(found.months, "Promised and happened, by month") + KEY)
    yield '<div class="pair">'
    yield _figure("By band", charts.promises(found.bands, "Promised and happened, by band", "Band ") + KEY)
    yield _figure("By route", charts.promises(found.routes, "Promised and happened, by route"), CALLED)
    yield "</div>"
    yield _rates("Month by month", "", found.months)
    yield _by_band_and_month(found)


def _by_band_and_month(found: Backtest) -> str:
    bands = [band for band, rows in found.bands_by_month.items() if rows]
    rates = {(band, month): rate for band in bands for month, rate in found.bands_by_month[band]}
    rows = [(month, *(_both(rates.get((band, month))) for band in bands)) for month, _ in found.months]
    heads = ("", *(f"Band {band}" for band in bands))
    return _table(
        "By band and month", "What was promised, and what happens; ! outside what chance allows.", heads, rows
    )


def _both(rate: Rate | None) -> str:
    if rate is None:
        return "–"
    return f"{percent(rate.promised)} → {percent(rate.rate)}{' !' if rate.off else ''} ({rate.leads:,})"


def _scored_by(found: Backtest) -> str:
    return ", ".join(f"{name} ({leads:,})" for name, leads in found.scored_by.items())


def _rates(title: str, told: str, rows: Sequence[Named]) -> str:
    cells = [(_young(name, rate.young), *_rate(rate)) for name, rate in rows]
    looks = ["off" if rate.off else "" for _, rate in rows]
    return _table(title, told, ("", *HEADS), cells, looks)


HEADS = ("Leads", "Promised", "Converted so far", "Converts in the end", "95 % interval")


def _young(name: str, young: int) -> str:
    return f"{name} *" if young else name


def _rate(rate: Rate) -> Cells:
    return (
        f"{rate.leads:,}",
        percent(rate.promised),
        f"{rate.seen:,}",
        percent(rate.rate),
        between(rate.low, rate.high),
    )


def _forward(one: Evaluation) -> Iterator[str]:
    yield "<h2>The test on new leads</h2>"
    if one.forward is None:
        yield f'<p class="box">{escape(no_forward(one))}</p>'
        return
    test = one.forward
    told = (
        f"{test.leads:,} leads that were new to all, {test.converted:,} of them converted. Lower is better for log "
        "loss (the error by which the choice is made), Brier and ECE, higher for the others. “Worse by” is by how much "
        f"the log loss is above that of {test.winner}, with its 95 % interval."
    )
    heads = ("", "Log loss", "Worse by", "ROC AUC", "PR AUC", "Brier", "ECE", "Lift at 10 %")
    looks = ["best" if candidate.name == test.winner else "" for candidate in test.candidates]
    yield _table("All candidates", told, heads, [_candidate(candidate) for candidate in test.candidates], looks)


def _candidate(one: Candidate) -> Cells:
    worse = f"{one.worse:+.4f} [{one.worse_low:+.4f}, {one.worse_high:+.4f}]" if one.worse else "–"
    ranked = (_number(one.roc_auc, 3), _number(one.pr_auc, 3))
    return one.name, f"{one.log_loss:.4f}", worse, *ranked, f"{one.brier:.4f}", f"{one.ece:.3f}", _number(one.lift, 1)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _curves(one: Evaluation) -> Iterator[str]:
    if one.curves is None:
        return
    found = one.curves
    told = f"{found.leads:,} leads old enough to judge, by {found.by}"
    yield "<h2>Is a probability true, and whom does it find?</h2>"
    yield '<div class="pair trio">'
    yield _figure("Promised and happened", charts.calibration(found), f"On the dashed line promises are kept. {told}.")
    tenth = f"The best tenth of the leads holds {percent(found.tenth)} of the conversions. Dashed: drawn by lot."
    yield _figure("Whom it finds first", charts.gains(found), tenth)
    grey = " Grey: the other candidates." if len(found.gains) > 1 else ""
    base = f"Dashed: the base rate, {percent(found.base_rate)}.{grey}"
    yield _figure("What a call brings", charts.precision(found), base)
    yield "</div>"


def _segments(one: Evaluation) -> Iterator[str]:
    if not one.segments:
        return
    yield "<h2>Kinds of leads</h2>"
    told = (
        f"By {one.by}. * Some may still convert. In red: off beyond chance, counting that {len(one.segments)} "
        "kinds were looked at."
    )
    cells = [(_young(f"{s.field}: {s.level}", s.rate.young), *_rate(s.rate), _off(s.rate.misses)) for s in one.segments]
    looks = ["off" if segment.wrong else "" for segment in one.segments]
    yield _table("For whom were the scores right?", told, ("", *HEADS, "Promise off by"), cells, looks)


def _off(misses: float | None) -> str:
    return "–" if misses is None else f"{100 * misses:+.0f} %"


def _drift(one: Evaluation) -> Iterator[str]:
    yield "<h2>What changed</h2>"
    if not one.drift.moved:
        few = "There are too few leads or months to say whether leads changed."
        none = (
            f"Nothing, beyond chance: {one.drift.looked_at} features were followed over {len(one.drift.months)} months."
        )
        yield f'<p class="box">{escape(few if one.drift.too_early else none)}</p>'
        return
    yield '<div class="pair">'
    for moved in one.drift.moved:
        told = f"{moved_words(moved)} Stability index {moved.index:.2f}."
        yield _figure(moved.feature.label, charts.course(moved), told)
    yield "</div>"


def _influence(one: Evaluation) -> Iterator[str]:
    if not one.influence.fields:
        return
    yield "<h2>What moves the scores</h2>"
    left = f" {one.influence.left_out} weaker ones are not shown." if one.influence.left_out else ""
    yield _figure(
        "All fields",
        charts.strengths(one.influence.fields),
        f"How much each adds or takes, on average, in log-odds.{left}",
    )
    yield '<div class="pair">'
    for strong in one.influence.strongest:
        yield _figure(
            strong.label, charts.answers(strong.answers), "By what an answer multiplies the odds, on average."
        )
    yield "</div>"


def _card(one: Evaluation) -> Iterator[str]:
    yield "<h2>The model in words</h2>"
    yield '<div class="pair">'
    for section in one.card:
        yield f'<div class="box"><h3>{escape(section.title)}</h3>{_list(section.sentences)}</div>'
    yield "</div>"


def _list(told: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in told)}</ul>"


def _figure(title: str, inner: str, told: str = "") -> str:
    more = f"<span>{escape(told)}</span>" if told else ""
    return f"<figure><figcaption>{escape(title)}{more}</figcaption>{inner}</figure>"


def _table(title: str, told: str, heads: Cells, rows: Sequence[Cells], looks: Sequence[str] = ()) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join(_row(row, look) for row, look in zip_longest(rows, looks, fillvalue=""))
    return (
        f'<section class="table"><h3>{escape(title)}</h3><p class="small">{escape(told)}</p>'
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _row(row: Cells, look: str) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
    return f'<tr class="{look}"><th scope="row">{escape(row[0])}</th>{cells}</tr>'


def _told(one: Evaluation) -> str:
    zone = ZoneInfo(one.agreement.sales.timezone)
    return (
        f"As known on {one.until.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key}). * Some of these leads may still "
        "convert. In red: the promise lies outside the interval."
    )

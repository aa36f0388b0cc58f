"""Charts as SVG that stands in the page. Places along the width are per cent and letters keep their size, so that a
chart reads on a telephone as on a screen; colours are the page's."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from serving.report.bands import BandRow
from serving.report.figures import Report
from serving.report.response import Responses
from serving.report.shortfall_words import parts
from serving.report.words import owner, share

ROW, BAR = 46, 14
AXIS = 26


class Bar(NamedTuple):
    """From `left` to `right`, both as shares of the width."""

    left: float
    right: float
    look: str


def gap_chart(report: Report) -> str:
    """From the goal, part by part, to what is expected."""
    found = parts(report)
    most = max((max(one.begins, one.ends) for one in found), default=0.0)
    least = min(0.0, *(min(one.begins, one.ends) for one in found))
    span = (most - least) or 1.0
    rows = []
    for one in found:
        low, high = sorted((one.begins, one.ends))
        rows.append((one.name, one.told, [Bar((low - least) / span, (high - least) / span, one.look)]))
    return _svg(_rows(rows), ROW * len(rows), "From the goal to the conversions that are expected, part by part")


def response_chart(people: Sequence[Responses]) -> str:
    rows = []
    for one in people:
        if one.due:
            bars, left = [], 0.0
            for count, look in ((one.in_time, "good"), (one.late, "fair"), (one.never, "bad")):
                bars.append(Bar(left, left + count / one.due, look))
                left += count / one.due
            told = f"{share(one.share_in_time)} of {one.due:,} in time"
            rows.append((owner(one.name), told, bars))
    return _svg(_rows(rows), ROW * len(rows), "Answers in time, late and never, by who had the lead first")


def band_chart(bands: Sequence[BandRow]) -> str:
    """What was foretold as a mark over what happens with its interval."""
    shown = [band for band in bands if band.leads and band.told]
    most = 1.03 * max([max(band.high or 0.0, band.predicted or 0.0) for band in shown], default=0.0) or 1.0
    marks = []
    for place, band in enumerate(shown):
        y = place * ROW
        told = f"foretold {share(band.predicted)}, happens {share(band.rate)}"
        marks += [_text(0, y + 14, f"Band {band.band}", "start"), _text(1, y + 14, told, "end")]
        marks.append(_bar(Bar(0, 1, "track"), y + 22))
        marks.append(_bar(Bar((band.low or 0.0) / most, (band.high or 0.0) / most, "range"), y + 22))
        marks.append(_tick((band.rate or 0.0) / most, y + 22, "happened"))
        marks.append(_tick((band.predicted or 0.0) / most, y + 22, "foretold"))
    return _svg(marks, ROW * len(shown), "Share that converts, foretold and happened, by band")


def delay_chart(points: Sequence[tuple[float, float]], horizon: int, half: float) -> str:
    height = 150
    line = " ".join(f"{100 * day / horizon:.2f},{100 - 100 * seen:.2f}" for day, seen in points)
    area = f'<polygon class="area" points="0,100 {line} 100,100"/><polyline class="curve" points="{line}"/>'
    plot = (
        f'<svg x="0" y="6" width="100%" height="{height}" viewBox="0 0 100 100" preserveAspectRatio="none">{area}</svg>'
    )
    middle = _tick(half / horizon, 6, "middle", height)
    axis = [_text(0, height + 24, "day 0", "start"), _text(1, height + 24, f"day {horizon}", "end")]
    title = "Share of the final conversions that is seen by the age of a lead"
    return _svg([plot, middle, *axis], height + AXIS + 6, title)


def _rows(rows: Iterable[tuple[str, str, Sequence[Bar]]]) -> Iterator[str]:
    for place, (name, told, bars) in enumerate(rows):
        y = place * ROW
        yield _text(0, y + 14, name, "start")
        yield _text(1, y + 14, told, "end")
        yield _bar(Bar(0, 1, "track"), y + 22)
        yield from (_bar(bar, y + 22) for bar in bars if bar.right > bar.left)


def _svg(marks: Iterable[str], height: float, title: str) -> str:
    told = escape(title)
    size = f'width="100%" height="{height:.0f}"'
    return f'<svg class="chart" {size} role="img" aria-label="{told}"><title>{told}</title>{"".join(marks)}</svg>'


def _bar(bar: Bar, y: float) -> str:
    width = max(0.3, 100 * (bar.right - bar.left))
    return f'<rect class="{bar.look}" x="{100 * bar.left:.2f}%" y="{y:.0f}" width="{width:.2f}%" height="{BAR}"/>'


def _tick(at: float, y: float, look: str, height: float = BAR) -> str:
    x = f"{100 * min(max(at, 0.002), 0.998):.2f}%"
    return f'<line class="{look}" x1="{x}" x2="{x}" y1="{y - 3:.0f}" y2="{y + height + 3:.0f}"/>'


def _text(at: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{100 * at:.2f}%" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'

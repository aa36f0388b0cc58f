"""Charts as SVG that stands in the page. Places along the width are per cent and letters keep their size, so that a
chart reads on a telephone as on a screen; colours are the page's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from training.assessment.backtest import Named
from training.assessment.curves import Curves, Line
from training.assessment.drift import Moved
from training.assessment.influence import Answer
from training.assessment.words import odds, percent

ROW, BAR, PLOT, AXIS = 46, 14, 240, 26


def promises(rows: Sequence[Named], title: str, marks: str = "") -> str:
    """What was promised as a mark over what happens with its interval; that of young groups is paler."""
    shown = [(name, rate) for name, rate in rows if rate.leads]
    most = 1.03 * max(
        [max(min(rate.high, 4 * rate.promised + 0.02), rate.promised) for _, rate in shown if rate.shown] or [1.0]
    )
    drawn = []
    for place, (name, rate) in enumerate(shown):
        y = place * ROW
        young = " *" if rate.young else ""
        told = f"promised {percent(rate.promised)}, happens {percent(rate.rate)}"
        drawn += [_text(0, y + 14, f"{marks}{name}{young}", "start"), _text(1, y + 14, told, "end", "told")]
        drawn.append(_bar(0, 1, "track", y + 22))
        if rate.shown:
            drawn.append(_bar(rate.low / most, min(1.0, rate.high / most), "young" if rate.young else "range", y + 22))
            drawn.append(_tick(rate.rate / most, y + 22, "happened"))
            drawn.append(_tick(rate.promised / most, y + 22, "wrong" if rate.off else "promised"))
    return _svg(drawn, ROW * len(shown), title)


def calibration(found: Curves) -> str:
    most = 1.05 * max(max(dot.high, dot.promised) for dot in found.dots)
    lines = [_line([(0, 0), (1, 1)], "even")]
    for dot in found.dots:
        x = dot.promised / most
        lines.append(_line([(x, dot.low / most), (x, dot.high / most)], "whisker"))
        lines.append(_line([(x, dot.happened / most)] * 2, "dot"))
    return _plot(lines, "Promised and happened", "0 %", f"promised: {percent(most)}", f"happened: {percent(most)}")


def gains(found: Curves) -> str:
    ends = ("0 %", "leads, best first: 100 %", "conversions found: 100 %")
    even = [_line([(0, 0), (1, 1)], "even"), _line([(0, 0), (found.base_rate, 1), (1, 1)], "ideal")]
    return _plot([*even, *_curves(found.gains)], "Conversions found among the best-scored leads", *ends)


def precision(found: Curves) -> str:
    ends = ("0 %", "conversions found: 100 %", "of the called convert: 100 %")
    even = _line([(0, found.base_rate), (1, found.base_rate)], "even")
    return _plot([even, *_curves(found.precision)], "Share of the called that convert", *ends)


def strengths(fields: Sequence[tuple[str, float]]) -> str:
    most = max((effect for _, effect in fields), default=1.0)
    drawn = []
    for place, (label, effect) in enumerate(fields):
        y = place * ROW
        drawn += [_text(0, y + 14, shortened(label, 40), "start"), _text(1, y + 14, f"{effect:.2f}", "end", "told")]
        drawn += [_bar(0, 1, "track", y + 22), _bar(0, effect / most, "whole", y + 22)]
    return _svg(drawn, ROW * len(fields), "Mean strength of each field, in log-odds")


def answers(rows: Sequence[Answer]) -> str:
    """To the right what raises the odds, to the left what lowers them."""
    most = 1.02 * max((abs(one.effect) for one in rows), default=1.0) or 1.0
    drawn = []
    for place, one in enumerate(rows):
        y, end = place * ROW, 0.5 + 0.5 * one.effect / most
        told = f"{odds(one.effect)} ({one.leads:,} leads)"
        drawn += [_text(0, y + 14, shortened(one.answer, 24), "start"), _text(1, y + 14, told, "end", "told")]
        drawn.append(_bar(0, 1, "track", y + 22))
        drawn.append(_bar(min(0.5, end), max(0.5, end), "good" if one.effect > 0 else "bad", y + 22))
        drawn.append(_tick(0.5, y + 22, "middle"))
    return _svg(drawn, ROW * len(rows), "What each answer does to the odds")


def course(moved: Moved) -> str:
    """Month by month, with a mark where it moved."""
    months = [(name, value) for name, value in moved.course.months if value == value]
    values = [value for _, value in months]
    low, high = min(0.0, *values), max(values) * 1.1 or 1.0
    width = 1 / max(1, len(months))
    drawn = []
    for place, (name, value) in enumerate(months):
        x, top = place * width, (value - low) / (high - low or 1.0)
        look = "whole" if name >= moved.since else "soft"
        box = f'x="{100 * (x + 0.1 * width):.2f}%" width="{80 * width:.2f}%"'
        drawn.append(f'<rect class="{look}" {box} y="{70 - 66 * top:.1f}" height="{max(1.0, 66 * top):.1f}"/>')
    ends = [_text(0, 88, months[0][0], "start"), _text(1, 88, months[-1][0], "end")] if months else []
    return _svg([*drawn, *ends], 94, f"{moved.feature.label}, month by month")


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _curves(lines: Mapping[str, Line]) -> Iterator[str]:
    """The one that is judged last, above the others."""
    for place, line in reversed([*enumerate(lines.values())]):
        yield _line(line, "curve" if place == 0 else "other")


def _plot(lines: Iterable[str], title: str, zero: str, right: str, top: str) -> str:
    box = f'<svg x="0" y="{AXIS}" width="100%" height="{PLOT}" viewBox="0 0 100 100" preserveAspectRatio="none">'
    frame = '<rect class="frame" x="0" y="0" width="100" height="100"/>'
    ends = [_text(0, 14, top, "start", "told"), _text(0, PLOT + AXIS + 18, zero, "start", "told")]
    ends.append(_text(1, PLOT + AXIS + 18, right, "end", "told"))
    return _svg([box, frame, *lines, "</svg>", *ends], PLOT + 2 * AXIS, title)


def _line(points: Iterable[tuple[float, float]], look: str) -> str:
    path = " L".join(f"{100 * x:.2f} {100 - 100 * y:.2f}" for x, y in points)
    return f'<path class="{look}" d="M{path}"/>'


def _svg(marks: Iterable[str], height: float, title: str) -> str:
    told, size = escape(title), f'width="100%" height="{height:.0f}"'
    return f'<svg class="chart" {size} role="img" aria-label="{told}"><title>{told}</title>{"".join(marks)}</svg>'


def _bar(left: float, right: float, look: str, y: float) -> str:
    width = max(0.3, 100 * (right - left))
    return f'<rect class="{look}" x="{100 * left:.2f}%" y="{y:.0f}" width="{width:.2f}%" height="{BAR}"/>'


def _tick(at: float, y: float, look: str) -> str:
    x = f"{100 * min(max(at, 0.002), 0.998):.2f}%"
    return f'<line class="{look}" x1="{x}" x2="{x}" y1="{y - 3:.0f}" y2="{y + BAR + 3:.0f}"/>'


def _text(at: float, y: float, text: str, anchor: str, look: str = "") -> str:
    kind = f' class="{look}"' if look else ""
    return f'<text{kind} x="{100 * at:.2f}%" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'

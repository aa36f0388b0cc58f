"""Pictures of one training for people, as PNG bytes; drawn without a display and without pyplot's global state."""

import io
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.record import Floats

BLUE, ORANGE, GREY, INK = "#1f5fa8", "#d9731a", "#9aa3ad", "#2b2f36"
GREYS = ("#7b8794", "#a3adb8", "#7b8794", "#a3adb8", "#7b8794")
DASHES = ("--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
BINS = 10


def calibration(labels: Floats, probabilities: Floats, name: str) -> bytes:
    """Observed against predicted in bins of equal size with 95 % Wilson intervals; below, how many rows got which
    probability."""
    figure, (above, below) = _canvas(2, heights=(3, 1))
    predicted, observed, low, high = calibration_bins(labels, probabilities)
    top = 1.05 * max(float(high.max()), float(predicted.max()), 0.02)
    above.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="perfectly calibrated")
    above.errorbar(
        predicted,
        observed,
        yerr=[observed - low, high - observed],
        color=BLUE,
        marker="o",
        markersize=5,
        linewidth=1.6,
        elinewidth=1,
        capsize=2,
        label=name,
    )
    above.set(xlim=(0, top), ylim=(0, top), ylabel="share that converted", title=f"Calibration: {name}")
    above.legend(loc="upper left", frameon=False)
    below.hist(probabilities, bins=np.linspace(0, top, 41).tolist(), color=BLUE, alpha=0.75)
    beyond = int((probabilities > top).sum())
    note = f"predicted probability ({beyond:,} rows lie further right)" if beyond else "predicted probability"
    below.set(xlim=(0, top), xlabel=note, ylabel="rows")
    return _png(figure)


def gains(labels: Floats, scores: Mapping[str, Floats], name: str) -> bytes:
    """Which share of all conversions lies among the best-scored share of leads; `name` in colour, the others grey."""
    figure, (axes,) = _canvas(1)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="drawn by lot")
    base = float(labels.mean())
    axes.plot([0, base, 1], [0, 1, 1], color=INK, linestyle=":", linewidth=1, label="all knowing")
    for other, style in _others(scores, name):
        axes.plot(*gains_curve(labels, scores[other]), label=other, **style)
    share, captured = gains_curve(labels, scores[name])
    axes.plot(share, captured, color=BLUE, linewidth=2.2, label=name)
    tenth = float(np.interp(0.1, share, captured))
    axes.plot(
        [0.1],
        [tenth],
        color=ORANGE,
        marker="o",
        markersize=7,
        linestyle="none",
        label=f"best 10 % of leads: {100 * tenth:.0f} % of conversions (lift {tenth / 0.1:.1f})",
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="share of leads, best score first",
        ylabel="share of conversions found",
        title=f"Gains: {name}",
    )
    axes.legend(loc="lower right", framealpha=1, edgecolor="white")
    return _png(figure)


def precision_recall(labels: Floats, scores: Mapping[str, Floats], name: str) -> bytes:
    """`name` in colour, the others grey; the base rate is what a lot would reach."""
    figure, (axes,) = _canvas(1)
    base = float(labels.mean())
    axes.axhline(base, color=GREY, linestyle="--", linewidth=1, label=f"base rate {100 * base:.1f} %")
    for other, style in _others(scores, name):
        axes.plot(*precision_recall_curve(labels, scores[other]), label=other, **style)
    axes.plot(*precision_recall_curve(labels, scores[name]), color=BLUE, linewidth=2.2, label=name)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="recall: share of conversions found",
        ylabel="precision: share of those called that convert",
        title=f"Precision and recall: {name}",
    )
    axes.legend(loc="upper right", frameon=False)
    return _png(figure)


def reasons(overview: Mapping[str, float], most: int = 20) -> bytes:
    """Mean |contribution| in log-odds of each field, the strongest first."""
    ranked = sorted(overview.items(), key=lambda item: -item[1])[:most]
    names = [_short(name) for name, _ in ranked]
    widest = max((len(name) for name in names), default=0)
    figure, (axes,) = _canvas(1, tall=1.3 + 0.27 * max(len(ranked), 3), left=0.04 + 0.0115 * widest)
    axes.barh(range(len(ranked)), [effect for _, effect in ranked], color=BLUE, height=0.7)
    axes.set_yticks(range(len(ranked)), names)
    axes.invert_yaxis()
    for row, (_, effect) in enumerate(ranked):
        axes.annotate(f" {effect:.2f}", (effect, row), va="center", fontsize=8, color=INK)
    left_out = len(overview) - len(ranked)
    note = f"\n({left_out} weaker fields not shown)" if left_out else ""
    axes.set(xlabel=f"mean absolute contribution, log-odds{note}", title="What moves the score")
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    return _png(figure)


def promises(names: Sequence[str], promised: Floats, happens: Floats, low: Floats, high: Floats) -> bytes:
    """By month: what leads were promised when they came, against what happens, with its 95 % interval."""
    figure, (axes,) = _canvas(1)
    places = np.arange(len(names))
    around = [happens - low, high - happens]
    axes.errorbar(places, happens, around, color=BLUE, marker="o", linestyle="none", capsize=3, label="happens")
    axes.plot(places, promised, color=ORANGE, marker="_", markersize=18, linestyle="none", label="promised")
    every = max(1, -(-len(names) // 8))
    axes.set_xticks(places[::every], list(names)[::every])
    top = min(1.0, 1.15 * max(float(promised.max(initial=0.0)), float(np.median(high)) if len(high) else 0.0, 0.02))
    axes.set(ylim=(0, top), ylabel="share that converts", title="What was promised, and what came")
    axes.legend(loc="lower right", frameon=False, ncols=2)
    return _png(figure)


def calibration_bins(labels: Floats, probabilities: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean predicted, share observed, and its 95 % Wilson interval, in at most BINS bins of equally many rows; rows of
    one and the same probability are never parted."""
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, probabilities, side="left")
    count = np.bincount(place, minlength=len(edges) + 1).astype(np.float64)
    kept = count > 0
    total = count[kept]
    predicted = np.bincount(place, weights=probabilities, minlength=len(count))[kept] / total
    observed = np.bincount(place, weights=labels, minlength=len(count))[kept] / total
    z2 = 1.96**2
    middle = (observed + z2 / (2 * total)) / (1 + z2 / total)
    half = 1.96 * np.sqrt(observed * (1 - observed) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return predicted, observed, np.minimum(middle - half, observed), np.maximum(middle + half, observed)


def gains_curve(labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Share of leads and share of conversions among them; leads of equal score enter together, as a straight line."""
    taken, found = _cumulated(labels, scores)
    return np.concatenate([[0.0], taken / len(labels)]), np.concatenate([[0.0], found / max(labels.sum(), 1.0)])


def precision_recall_curve(labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Recall and precision at each threshold, from the strictest on."""
    taken, found = _cumulated(labels, scores)
    return found / max(labels.sum(), 1.0), found / taken


def _cumulated(labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Rows and positives at or above each distinct score, highest first."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    return (last + 1).astype(np.float64), np.cumsum(labels[order])[last]


def _others(scores: Mapping[str, Floats], name: str) -> list[tuple[str, dict[str, Any]]]:
    """The other candidates that rank at all, and their looks. The base rate ranks by the window alone, and each figure
    has a line for what a lot would reach."""
    shown = [other for other, values in scores.items() if other not in {name, "base rate"} and np.ptp(values) > 0]
    return [
        (other, {"color": GREYS[at % len(GREYS)], "linestyle": DASHES[at % len(DASHES)], "linewidth": 1.2})
        for at, other in enumerate(shown)
    ]


def _short(name: str, most: int = 44) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _canvas(rows: int, heights: Sequence[float] = (1,), tall: float = 4.8, left: float = 0.11) -> tuple[Any, list[Any]]:
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # says so when it first lists the fonts
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, tall), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, squeeze=False, height_ratios=heights)[:, 0]
    # fixed margins in inches: matplotlib's own search for them takes longer than the drawing
    figure.subplots_adjust(left, 0.6 / tall, 0.97, 1 - 0.4 / tall, hspace=0.22)
    for one in axes:
        one.grid(color="#e6e9ed", linewidth=0.8)
        one.set_axisbelow(True)
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(GREY)
    return figure, list(axes)


def _png(figure: Any) -> bytes:
    for axes in figure.axes:
        title = axes.get_title()
        axes.set_title("")
        axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()

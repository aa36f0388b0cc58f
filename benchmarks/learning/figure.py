"""The figure of the unattended year, drawn of the kept results and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Found = dict[str, Any]
SETTINGS = {"svg.hashsalt": "year", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False}
BLUE, GREY, RED, GREEN = "#2f6db5", "#8a8a8a", "#c0392b", "#2e8b57"
COLOURS = {"scorecard": "#b8b8b8", "logistic": "#cfe0f2", "trees": "#b3cfec", "blend": "#8fb8e0"}
BOTH_WAYS = ", knows both routes"


def draw(years: Sequence[Found], path: Path) -> None:
    """The first of them."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    months, retrainings = years[0]["months"], years[0]["retrainings"]
    with mpl.rc_context({**SETTINGS, "axes.spines.right": False}):
        figure = Figure(figsize=(7.5, 6.0), layout="constrained")
        calibration, regret, events = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 1))
        _calibration(calibration, months)
        _regret(regret, months)
        _retrainings(events, retrainings)
        for axes in (calibration, regret, events):
            for one in retrainings:
                if one["promoted"]:
                    axes.axvline(_month(one), color=GREEN, linewidth=0.8, linestyle=":", zorder=0)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _calibration(axes: Axes, months: Sequence[Found]) -> None:
    at = [month["month"] for month in months]
    came = [month["converted"] for month in months]
    below = [month["converted"] - month["low"] for month in months]
    above = [month["high"] - month["converted"] for month in months]
    axes.errorbar(at, came, [below, above], fmt="o", color=GREY, capsize=3, label="converted in the end, 95 % interval")
    axes.plot(at, [month["said"] for month in months], color=BLUE, marker="s", markersize=4, label="said beforehand")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("conversions a month")
    axes.legend(frameon=False, loc="lower right", ncols=2)


def _regret(axes: Axes, months: Sequence[Found]) -> None:
    for served in dict.fromkeys(map(_served, months)):
        at = [month["month"] for month in months if _served(month) == served]
        axes.bar(
            at, [month["regret"] for month in months if _served(month) == served], color=_colour(served), label=served
        )
    axes.set_ylabel("regret")
    axes.set_ylim(0, max(month["regret"] for month in months) * 1.35)
    axes.legend(frameon=False, loc="upper right", ncols=len(COLOURS))


def _served(month: Found) -> str:
    return f"{month['rung']}{BOTH_WAYS if month['with_action'] else ''}"


def _colour(served: str) -> str:
    return BLUE if served.endswith(BOTH_WAYS) else COLOURS[served]


def _retrainings(axes: Axes, retrainings: Sequence[Found]) -> None:
    for word, promoted, colour, shape in (("promoted", True, GREEN, "^"), ("champion stays", False, RED, "x")):
        at = [_month(one) for one in retrainings if one["promoted"] == promoted]
        axes.scatter(at, [promoted] * len(at), color=colour, marker=shape, label=word)
    axes.set_yticks([0, 1], ["champion stays", "promoted"])
    axes.set_ylim(-0.6, 1.6)
    axes.set_xlabel("month of four weeks; a retraining before each but the first")
    axes.set_xticks(range(1, 14))


def _month(retraining: Found) -> float:
    """Between two months."""
    return float(retraining["week"]) / 4 + 0.5

"""The page `docs/shortfall.md`, made of the kept results and nothing else."""

from collections.abc import Sequence
from typing import Any

Part = dict[str, Any]

INTRODUCTION = """\
# How well the report tells who should act

Written by `python -m benchmarks.report --long` from `benchmarks/results/report.json`; do not edit by hand.

All of it plays in the simulated company, whose truth is known. The report splits what is missing from the goal into
lead volume, lead quality and follow-up, and names a side when a part is beyond chance (its 95 % interval lies above
0), is at least 5 % of the goal and at least half of the largest part. What months too young to judge will bring is
foretold from the delays of the conversions seen so far.
"""
ATTRIBUTION = """\
## {title}

{about} Quarters of {seeds} seeds: a calm month or one with few leads, a month of bad leads, and a month in which sales
is slow, in an order drawn by lot; 900 leads a month are promised, sales owes 60 % of them a call within the hour. *Bad
by their sources*: most come from social networks and display advertisements, which the scores see. *Unseen*: the odds
are lower by .6 in logarithm, and no score knows. *Slow sales*: the median call comes after three days, and 40 %
never. *Named* is whom the report names, of all months of a kind; the parts are means, in
conversions of a goal of about 187.
"""
ABOUT = {
    "attribution": ("Whom it names", "The scores know what a call adds, as a model that learned both routes does."),
    "attribution by probability": (
        "Whom it names while scores do not know what a call adds",
        "All of a called lead's probability is then taken to hang on the call, so follow-up is counted too high and "
        "quality too low by the same amount; their sum is right.",
    ),
}
FINALS = """\
## What young months bring in the end

{seeds} seeds; five months before, with the odds of the reference company wandering and in their season. *Age* is that
of the month's middle lead; *covered* is how often the final number lay in the 95 % interval; *width* is that of the
interval by what was expected, *error* the mean of expected against final. Delays are log-normal, spread .9, with a
heavy tail 1.65, cut at the horizon of 120 days. In *a bad month* the odds are lower by .6 in logarithm
than in all before.
"""
SIDES = ("nobody", "marketing", "sales", "both")
SHOWN = ("volume", "foreseen", "unforeseen", "follow_up", "whole")


def page(parts: Sequence[Part]) -> str:
    reached = f"## What it should reach\n\n{verdicts(parts)}"
    return "\n\n".join([INTRODUCTION.rstrip(), reached, *(_section(part) for part in parts)]) + "\n"


def verdicts(parts: Sequence[Part]) -> str:
    rows = [
        (_of(part, one), f"{one['least']:.0%}", f"{one['good']} of {one['of']}", "met" if one["met"] else "**missed**")
        for part in parts
        for one in part["targets"]
    ]
    return _table(("what", "at least", "measured", ""), rows)


def _of(part: Part, target: dict[str, Any]) -> str:
    return f"{target['what']} (by probability)" if part["part"].endswith("by probability") else str(target["what"])


def _section(part: Part) -> str:
    text = _finals(part) if part["part"] == "finals" else _attribution(part)
    made = part["made"]
    commit = (made["commit"] or "unknown")[:12] + (" with uncommitted changes" if made["uncommitted_changes"] else "")
    return f"{text}\n\nMeasured {made['at'][:10]} at commit {commit} in {part['seconds']:.0f} s."


def _attribution(part: Part) -> str:
    title, about = ABOUT[part["part"]]
    head = (
        "month",
        *SIDES,
        "volume",
        "quality, foreseen",
        "quality, not foreseen",
        "follow-up",
        "truly lost by it",
        "missing",
    )
    rows = [
        (f"{kind}, after {after} days", *_named(found), *_parts(found))
        for after, kinds in part["after"].items()
        for kind, found in kinds.items()
    ]
    return f"{ATTRIBUTION.format(title=title, about=about, seeds=part['seeds']).rstrip()}\n\n{_table(head, rows)}"


def _named(found: dict[str, Any]) -> list[str]:
    return [str(found["sides"][side]) for side in SIDES]


def _parts(found: dict[str, Any]) -> list[str]:
    *before, whole = (f"{found['means'][name]:.1f}" for name in SHOWN)
    return [*before, f"{found['lost']:.1f}", whole]


def _finals(part: Part) -> str:
    rows = [
        (
            one["company"],
            f"{one['age']:g}",
            f"{one['final']:.0f}",
            str(one["covered"]),
            f"{one['width']:.0%}",
            f"{one['error']:+.1%}",
        )
        for one in part["months"]
    ]
    head = ("company", "age", "final", f"covered of {part['seeds']}", "width", "error")
    return f"{FINALS.format(seeds=part['seeds']).rstrip()}\n\n{_table(head, rows)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

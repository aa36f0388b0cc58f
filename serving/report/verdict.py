"""Who should take the reins, by what is missing."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from serving.report.shortfall import Part, Shortfall

Side = Literal["nobody", "marketing", "sales", "both"]
Name = Literal["volume", "quality", "follow-up"]

OF_GOAL = 0.05
OF_LARGEST = 0.5
"""A part is named from that share of the goal and of the largest part; less is beside the point, even where chance does
not explain it."""
WORDS: dict[Name, str] = {
    "volume": "leads that did not come cost {}",
    "quality": "leads worse than the goal needs cost {}",
    "follow-up": "calls later than promised, or never, cost {}",
}


class Verdict(NamedTuple):
    """`parts` are those that call for it, the dearest first."""

    side: Side
    parts: tuple[Name, ...]
    sentence: str


def verdict(found: Shortfall) -> Verdict:
    parts = _parts(found)
    missing, goal = found.goal - found.final, f"{round(found.goal, 1):g}"
    if missing <= 0:
        return Verdict("nobody", (), f"The goal is met: {found.final:.1f} conversions for a goal of {goal}.")
    short = f"{missing:.1f} conversions are missing of {goal}"
    if not parts:
        return Verdict("nobody", (), f"{short}, and no part of it is beyond chance: nobody has to change anything.")
    side = _side(parts)
    whose = "Both sides take" if side == "both" else f"{side.capitalize()} takes"
    return Verdict(side, parts, f"{whose} the reins: {short}; {_told(found, parts)}.")


def _parts(found: Shortfall) -> tuple[Name, ...]:
    """Beyond chance and large enough; where only all together is beyond chance, the largest."""
    owed = _of(found)
    largest_first = sorted(owed, key=lambda name: -owed[name].conversions)
    least = max(OF_GOAL * found.goal, OF_LARGEST * owed[largest_first[0]].conversions)
    clear = [name for name in largest_first if owed[name].low > 0 and owed[name].conversions >= least]
    return tuple(clear or (largest_first[:1] if found.whole.low > 0 else ()))


def _of(found: Shortfall) -> dict[Name, Part]:
    return {"volume": found.volume, "quality": found.quality, "follow-up": found.follow_up}


def _side(parts: Sequence[Name]) -> Side:
    if "follow-up" not in parts:
        return "marketing"
    return "sales" if len(parts) == 1 else "both"


def _told(found: Shortfall, parts: Sequence[Name]) -> str:
    owed = _of(found)
    told = [WORDS[name].format(_number(owed[name])) for name in parts]
    if "quality" in parts:
        told[parts.index("quality")] += _foresight(found)
    return "; ".join(told)


def _foresight(found: Shortfall) -> str:
    seen, all_of_it = found.foreseen.conversions, found.quality.conversions
    if seen >= all_of_it / 2:
        return ", as their scores foresaw"
    return ", most of which their scores did not foresee"


def _number(part: Part) -> str:
    return f"{part.conversions:.1f} ({part.low:.1f} to {part.high:.1f})"

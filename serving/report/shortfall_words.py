"""The way from the goal to what is expected in the end, part by part, in words."""

from typing import Literal, NamedTuple

from serving.report.figures import Report
from serving.report.shortfall import Part, Shortfall

Look = Literal["whole", "good", "bad"]


class Step(NamedTuple):
    """`conversions` of the goal, or of what is expected; or, where `signed`, what this part takes away or adds.
    `begins` and `ends` are where the way stands before and after it."""

    name: str
    conversions: float
    begins: float
    ends: float
    look: Look
    signed: bool
    why: str

    @property
    def told(self) -> str:
        return f"{self.conversions:+z,.1f}" if self.signed else f"{self.conversions:,.1f}"


def parts(report: Report) -> list[Step]:
    found = report.shortfall
    if found is None:
        return []
    steps = [Step("Goal", found.goal, 0.0, found.goal, "whole", False, "")]
    at = found.goal
    for name, part, why in _named(found, report):
        steps.append(_step(name, part, at, why))
        at -= part.conversions
    end = "Conversions" if report.settled else "Expected in the end"
    return [*steps, Step(end, found.final, 0.0, found.final, "whole", False, "")]


def _named(found: Shortfall, report: Report) -> list[tuple[str, Part, str]]:
    owed = report.promises.qualified_leads
    promised = "no number of leads was promised" if owed is None else f"{report.all.leads:,} came, {owed:,.0f} promised"
    return [
        ("Lead volume (marketing)", found.volume, promised),
        ("Lead quality, foreseen (marketing)", found.foreseen, "by the scores when the leads came"),
        ("Follow-up (sales)", found.follow_up, "answers later than promised, or never"),
        ("Lead quality, not foreseen", found.unforeseen, "worse, or better, than their scores"),
    ]


def _step(name: str, part: Part, at: float, why: str) -> Step:
    chance = "" if part.beyond_chance else ", may be chance"
    look: Look = "bad" if part.conversions > 0 else "good"
    interval = f"{-part.high:+z.1f} to {-part.low:+z.1f}"
    return Step(name, -part.conversions, at, at - part.conversions, look, True, f"{why} ({interval}{chance})")

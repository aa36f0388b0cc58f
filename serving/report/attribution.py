"""What marketing brought, by source, campaign and offer, by the first form of a lead and by its last."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from leads.ledger import Cost
from models.ladder import Expected
from serving.report.expectation import Expectation
from serving.report.fact import Fact
from serving.report.facts import Facts
from serving.report.period import Period, day_of

By = Literal["source", "campaign", "offer"]
Touch = Literal["first", "last"]
BYS: tuple[By, ...] = ("source", "campaign", "offer")
TOUCHES: tuple[Touch, ...] = ("first", "last")
MOST_ROWS = 15
"""Those with most leads; the others are one row, so that a page stays a page."""


@dataclass(frozen=True)
class Row:
    """`cost` is None where nobody told one; `young` leads may still convert."""

    name: str
    leads: int
    to_sales: int
    accepted: int
    rejected: int
    reasons: Mapping[str, int]
    converted: int
    expected: Expected
    young: int
    value: float
    cost: float | None


class _Level(NamedTuple):
    facts: Sequence[Fact]
    cost: float | None


def rows(facts: Facts, expected: Expectation, by: By, touch: Touch) -> list[Row]:
    """Most leads first; also what cost something and brought nobody."""
    of: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts.leads:
        of[getattr(fact.first if touch == "first" else fact.last, by)].append(fact)
    costs = _costs(facts, by)
    levels = {name: _Level(of.get(name, []), costs.get(name)) for name in {*of, *costs}}
    names = sorted(levels, key=lambda name: (-len(levels[name].facts), -(levels[name].cost or 0.0), name))
    shown = MOST_ROWS if len(names) > MOST_ROWS + 1 else len(names)
    found = [row(name, levels[name].facts, expected, levels[name].cost) for name in names[:shown]]
    rest = [levels[name] for name in names[shown:]]
    return [*found, _others(rest, expected)] if rest else found


def row(name: str, facts: Sequence[Fact], expected: Expectation, cost: float | None) -> Row:
    reasons = Counter(one.reason for one in facts if one.reason is not None)
    return Row(
        name,
        len(facts),
        sum(one.asked is not None for one in facts),
        sum(one.accepted for one in facts),
        sum(one.rejected for one in facts),
        dict(sorted(reasons.items(), key=lambda said: (-said[1], said[0]))),
        sum(one.converted for one in facts),
        expected.of(facts),
        expected.young(facts),
        sum(one.value for one in facts),
        cost,
    )


def all_costs(facts: Facts) -> float | None:
    return sum(one.cost * _share(one, facts.period) for one in facts.costs) if facts.costs else None


def _others(rest: Sequence[_Level], expected: Expectation) -> Row:
    together = [fact for level in rest for fact in level.facts]
    told = [level.cost for level in rest if level.cost is not None]
    return row(f"{len(rest)} others", together, expected, sum(told) if told else None)


def _costs(facts: Facts, by: By) -> dict[str, float]:
    """What an offer cost nobody tells; what a source cost beside its campaigns is of no campaign."""
    name: Mapping[By, Callable[[Cost], str]] = {
        "source": lambda one: one.source,
        "campaign": lambda one: one.campaign,
        "offer": lambda one: "",
    }
    found: dict[str, float] = defaultdict(float)
    for one in facts.costs:
        if named := name[by](one):
            found[named] += one.cost * _share(one, facts.period)
    return found


def _share(one: Cost, period: Period) -> float:
    """Of a month that lies in the period in part, that part of its days."""
    return period.share_of(day_of(f"{one.month}-01", "month"), period.end)

"""The tree of rules that says who may take a lead of sales."""

from collections.abc import Iterator, Mapping, Sequence

from leads.conditions import condition_words
from leads.contradictions.condition import condition
from leads.contradictions.place import Found, Place, hint
from leads.sections import Agreement, Between, Condition, Person, RoutingRule

When = Mapping[str, Condition]


def rules(agreement: Agreement) -> Found:
    said = agreement.routing.rules
    yield from among(agreement, said, ("routing", "rules"), {}, ())
    if said and said[-1].when:
        shown = "routing.rules lacks a last rule without `when`, which says who takes all other leads;"
        yield ("routing", "rules"), f"{shown} add [[routing.rules]] at the end, with to = […] or nothing for everybody."


def among(
    agreement: Agreement, siblings: Sequence[RoutingRule], where: Place, around: When, to: Sequence[str]
) -> Found:
    """`around` is what the rules around these ask, `to` whom they name."""
    for number, rule in enumerate(siblings):
        place = (*where, number)
        shown = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
        unfit = list(conditions(agreement, rule, place, shown))
        yield from unfit
        yield from strangers(agreement, rule, place, shown)
        if not rule.when and number < len(siblings) - 1:
            yield place, f"{shown} has no `when`, so no rule after it is ever looked at; move it to the end."
        if unfit:
            continue
        if never := (contradicting(rule, around) or swallowed(rule, around, siblings[:number], shown)):
            yield place, f"{shown} can never match: {never}"
            continue
        within = narrowed(around, rule.when)
        yield from idle(agreement, rule, place, shown, within, rule.to or to)
        yield from among(agreement, rule.rules, (*place, "rules"), within, rule.to or to)


def conditions(agreement: Agreement, rule: RoutingRule, place: Place, shown: str) -> Found:
    for key, wanted in rule.when.items():
        if fault := condition(agreement, key, wanted):
            yield (*place, "when", key), f"{shown}.when.{key} {fault}"


def strangers(agreement: Agreement, rule: RoutingRule, place: Place, shown: str) -> Found:
    names = [person.name for person in agreement.sales.people]
    for name in dict.fromkeys(rule.to):
        if name not in names:
            yield (*place, "to"), f"{shown}.to names “{name}”, who is not one of sales.people.{hint(name, names)}"
        elif rule.to.count(name) > 1:
            yield (*place, "to"), f"{shown}.to names “{name}” more than once; a person's share is their weight."


def contradicting(rule: RoutingRule, around: When) -> str | None:
    """What it asks and what the rules around it ask cannot both hold."""
    for key, wanted in rule.when.items():
        if key in around and common(around[key], wanted) is None:
            outer = f"{key} is {condition_words(around[key])}"
            return f"it stands within a rule for which {outer}; ask for part of that, or move the rule out of it."
    return None


def swallowed(rule: RoutingRule, around: When, earlier: Sequence[RoutingRule], shown: str) -> str | None:
    """Every lead of it comes under rules before it, of which the first that matches counts."""
    asked = narrowed(around, rule.when)
    for number, other in enumerate(earlier, 1):
        if other.when and all(wider(wanted, asked.get(key)) for key, wanted in other.when.items()):
            return f"rule {number} before it takes all of its leads; move {shown} before that, or remove it."
    for key, wanted in asked.items():
        if isinstance(wanted, tuple) and not set(folded(wanted)) - set(taken(key, asked, earlier)):
            return f"the rules before it take all of its levels of {key}; move {shown} before them, or remove it."
    return None


def taken(key: str, asked: When, earlier: Sequence[RoutingRule]) -> Iterator[str]:
    """Levels of `key` that the rules before take whatever else is asked."""
    for other in earlier:
        levels = other.when.get(key)
        others = {name: wanted for name, wanted in other.when.items() if name != key}
        if isinstance(levels, tuple) and all(wider(wanted, asked.get(name)) for name, wanted in others.items()):
            yield from folded(levels)


def idle(agreement: Agreement, rule: RoutingRule, place: Place, shown: str, within: When, to: Sequence[str]) -> Found:
    """People who may take the rule's leads, and take none of that kind."""
    team = {person.name: person for person in agreement.sales.people if not to or person.name in to}
    refusing = {name: key for name, person in team.items() if (key := refused(person, within))}
    for name in (name for name in rule.to if name in refusing):
        key = refusing[name]
        takes = f"“{name}” takes leads only when {key} is {condition_words(team[name].takes[key])}"
        yield (*place, "to"), f"{shown}.to can never give a lead to “{name}”: {takes}; change one of the two."
    if team and not rule.to and len(refusing) == len(team):
        yield place, f"nobody who may take the leads of {shown} takes leads of their kind; change `takes` or `when`."


def refused(person: Person, within: When) -> str | None:
    asked = ((key, within[key]) for key in person.takes if key in within)
    return next((key for key, wanted in asked if common(wanted, person.takes[key]) is None), None)


def narrowed(around: When, when: When) -> dict[str, Condition]:
    """What holds for every lead of a rule: its own conditions and those around it."""
    both = {key: common(around[key], wanted) if key in around else wanted for key, wanted in when.items()}
    return {**around, **{key: wanted for key, wanted in both.items() if wanted is not None}}


def common(one: Condition, other: Condition) -> Condition | None:
    """What meets both; None where nothing does."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(level for level in one if level.strip().casefold() in set(folded(other))) or None
    if isinstance(one, Between) and isinstance(other, Between):
        lower, upper = max(ends(one)[0], ends(other)[0]), min(ends(one)[1], ends(other)[1])
        return Between(at_least=finite(lower), below=finite(upper)) if lower < upper else None
    return one if one == other else None


def wider(wide: Condition, narrow: Condition | None) -> bool:
    """Whatever meets `narrow` meets `wide`."""
    if isinstance(wide, tuple) and isinstance(narrow, tuple):
        return set(folded(narrow)) <= set(folded(wide))
    if isinstance(wide, Between) and isinstance(narrow, Between):
        return ends(wide)[0] <= ends(narrow)[0] and ends(narrow)[1] <= ends(wide)[1]
    return wide == narrow


def folded(levels: Sequence[str]) -> Iterator[str]:
    return (level.strip().casefold() for level in levels)


def ends(between: Between) -> tuple[float, float]:
    lower, upper = between.at_least, between.below
    return float("-inf") if lower is None else lower, float("inf") if upper is None else upper


def finite(end: float) -> float | None:
    return end if abs(end) != float("inf") else None

"""What a rule of the agreement asks of a lead, and how people say it."""

from collections.abc import Mapping

from leads.fields import Value
from leads.sections import Between, Condition


def meets(value: Value, condition: Condition) -> bool:
    """A value that was not given meets no condition. Levels are compared without regard to case."""
    if value is None:
        return False
    if isinstance(condition, bool):
        return value is condition
    if isinstance(condition, Between):
        return isinstance(value, float | int) and is_between(value, condition)
    return str(value).strip().casefold() in {level.strip().casefold() for level in condition}


def meet_all(values: Mapping[str, Value], conditions: Mapping[str, Condition]) -> bool:
    return all(meets(values.get(key), condition) for key, condition in conditions.items())


def is_between(number: float, bounds: Between) -> bool:
    above = bounds.at_least is None or number >= bounds.at_least
    return above and (bounds.below is None or number < bounds.below)


def condition_words(condition: Condition) -> str:
    if isinstance(condition, bool):
        return "yes" if condition else "no"
    if isinstance(condition, tuple):
        return " or ".join(condition)
    ends = [f"at least {amount(condition.at_least)}"] if condition.at_least is not None else []
    return " and ".join(ends + ([f"below {amount(condition.below)}"] if condition.below is not None else []))


def amount(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,g}"

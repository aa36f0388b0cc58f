"""Answers taken as they were given, and how many of them there are."""

import math

from leads.fields import Value


def number(value: float) -> float | None:
    """The number as it was given."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def flag(value: bool) -> bool:
    """Yes or no, as it was given."""
    return bool(value)


def level(value: str) -> str | None:
    """The chosen answer as it was sent, without blanks at its ends."""
    return value.strip() or None if isinstance(value, str) else None


def share_filled(*answers: Value) -> float:
    """The share of the form's fields that were filled in; consent is not counted."""
    return (len(answers) - answers.count(None)) / len(answers)

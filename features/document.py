"""Writes docs/features.md from the code: `python -m features.document`."""

import inspect
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

from features.catalogue import WHOLE_FORM, Feature, plan
from leads.fields import Field
from leads.form import ARRIVED, CAMPAIGN_FIELDS
from leads.kinds import KINDS, PERSONAL

PAGE = Path(__file__).parents[1] / "docs" / "features.md"
INTRODUCTION = """\
# Features

Generated from the code by `python -m features.document`; do not edit.

A feature is one thing the model may know about a lead: a number, yes or no, or one level of several. It is worked out
from the lead's own answers and the time it arrived, and nothing in it is learned from other leads. Each kind of field
gives the features below; the field's own key stands first in their names. A feature is missing when what it is made
of is missing, and that something is missing is itself a thing the model may use. Where a feature needs a second
field, it is there when the form has one. Raw personal values (e-mail addresses, telephone numbers, names, free text)
never become features.
"""
NOTHING = "No feature: consent decides what may be done with a lead, never what the lead is worth."
TITLES = {"campaign": "Campaign fields", ARRIVED: "Time of arrival", WHOLE_FORM: "The form as a whole"}


def page() -> str:
    """The page: a form with one field of every kind, named after its kind, tells what every kind gives."""
    features = plan({kind: Field(kind=kind) for kind in KINDS}, "UTC")
    sections = {section: list(group) for section, group in groupby(sorted(features, key=_place), key=_section)}
    texts = [_text(section, sections.get(section, [])) for section in (*KINDS, *TITLES)]
    return "\n".join([INTRODUCTION, *texts])


def _section(feature: Feature) -> str:
    return "campaign" if feature.field in CAMPAIGN_FIELDS else feature.field


def _place(feature: Feature) -> int:
    return [*KINDS, *TITLES].index(_section(feature))


def _text(section: str, features: list[Feature]) -> str:
    personal = " (personal)" if section in PERSONAL else ""
    heading = TITLES.get(section, f"`{section}`{personal}")
    return "\n".join([f"## {heading}\n", *(_table(features) if features else [NOTHING]), ""])


def _table(features: list[Feature]) -> Iterator[str]:
    yield "| feature | label | kind | meaning | made of |"
    yield "|---|---|---|---|---|"
    for feature in features:
        unit = f" ({feature.unit})" if feature.unit else ""
        made_of = "every field but consent" if feature.field == WHOLE_FORM else _listed(feature.inputs)
        yield f"| `{feature.name}` | {feature.label} | {feature.kind}{unit} | {meaning(feature)} | {made_of} |"


def _listed(inputs: tuple[str, ...]) -> str:
    return ", ".join("time of arrival" if key == ARRIVED else f"`{key}`" for key in inputs)


def meaning(feature: Feature) -> str:
    """The docstring of the feature's function, on one line."""
    function = feature.function.func if isinstance(feature.function, partial) else feature.function
    return " ".join((inspect.getdoc(function) or "").split())


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")

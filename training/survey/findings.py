"""What `accord init` tells of a table, in plain words and as JSON."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.survey.draft import Facts, bands

KIND_WORDS: Mapping[str, str] = {
    "email": "e-mail address",
    "phone": "telephone",
    "person": "name of a person",
    "company": "company",
    "job_title": "job title",
    "country": "country",
    "url": "web address",
    "text": "free text",
    "category": "category",
    "number": "number",
    "money": "money",
    "flag": "yes or no",
    "date": "date",
    "consent": "consent",
}


def words(facts: Facts, file: str, written: Path) -> str:
    return "\n".join(_lines(facts, file, written))


def as_json(facts: Facts, file: str, written: Path) -> dict[str, Any]:
    survey, order = facts.survey, facts.order
    return {
        "agreement": str(written),
        "rows": survey.rows,
        "target": facts.target,
        "positive": facts.positive,
        "base_rate": facts.rate,
        "bands": bands(facts.rate),
        "fields": {survey.keys[name]: _field(facts, name) for name in survey.fields},
        "known_after_contact": {survey.keys[name]: why for name, why in survey.known_after_contact.items()},
        "dropped_columns": dict(survey.dropped),
        "campaign_columns": list(survey.campaign),
        "order": {"order": order.order, "arrived": order.arrived, "in_order": order.in_order},
        "suggestion": order.suggestion,
        "next": next_command(file, written),
    }


def next_command(file: str, written: Path) -> str:
    agreement = "" if written == Path("accord.toml") else f" --agreement {shlex.quote(str(written))}"
    return f"accord train {shlex.quote(file)}{agreement}"


def _field(facts: Facts, name: str) -> dict[str, Any]:
    field = facts.survey.fields[name]
    return {"column": name, "kind": field.kind, "levels": list(field.levels), "unset": list(field.unset)}


def _lines(facts: Facts, file: str, written: Path) -> Iterator[str]:
    survey = facts.survey
    won = int(facts.converted.sum())
    said = f"({facts.rate:.1%}; “{facts.target}” = “{facts.positive}”)"
    yield f"{file}: {survey.rows:,} leads, {won:,} of them converted {said}."
    yield ""
    yield f"The form asks {len(survey.fields)} fields, none of them required:"
    yield from _fields_by_kind(facts)
    yield from _unset(facts)
    if survey.campaign:
        yield f"  Always accepted as campaign fields: {', '.join(survey.campaign)}"
    if survey.known_after_contact:
        yield from ("", "Left out, because they know the outcome (overrule with --keep COLUMN):")
        yield from (f"  {name}: {why}" for name, why in survey.known_after_contact.items())
    if survey.dropped:
        yield from ("", "Not asked:")
        yield from (f"  {name}: {why}" for name, why in survey.dropped.items())
    yield ""
    yield from _order(facts)
    yield from ("", f"Written to {written}. Read it, adapt what sales and marketing owe each other, then type:")
    yield f"  {next_command(file, written)}"


def _fields_by_kind(facts: Facts) -> Iterator[str]:
    fields = facts.survey.fields
    for kind, said in KIND_WORDS.items():
        if names := [name for name, field in fields.items() if field.kind == kind]:
            yield f"  {said}: {', '.join(names)}"


def _unset(facts: Facts) -> Iterator[str]:
    by_words: dict[tuple[str, ...], list[str]] = {}
    for name, field in facts.survey.fields.items():
        if field.unset:
            by_words.setdefault(field.unset, []).append(name)
    for unset, names in by_words.items():
        yield f"  Read as not given: {', '.join(f'“{word}”' for word in unset)} in {', '.join(names)}"


def _order(facts: Facts) -> Iterator[str]:
    order = facts.order
    if order.said:
        yield order.said
    if order.arrived and not facts.converted_at:
        days = facts.within_days
        yield f"A conversion counts within {days} days ([goal] within_days). When it happened is not known, so training"
        yield f"leaves out the leads of the last {days} days; name its column with --converted-at if there is one."
    if order.suggestion:
        yield "Models are judged best on leads newer than those they learned from. Run `accord init` again with"
        yield f"  {order.suggestion}"

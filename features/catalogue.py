"""Which features a form has: those of each kind of field, of the campaign, of the arrival and of the whole form."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from features import answer, campaign, company, mail, message, origin, person, phone, place, timing, title, website
from leads.fields import Field, Kind
from leads.form import ARRIVED

Answer = Literal["number", "flag", "level"]
WHOLE_FORM = "_form"  # the field a feature of the whole form speaks of; no form key begins with "_"
ACTION = "_route"  # the field of who follows up: nobody asks a lead for it, it is chosen


@dataclass(frozen=True, slots=True)
class Feature:
    """A pure function of one lead's own values: it gets the values of `inputs` in that order (None = missing) and
    answers in its kind or None. A feature of one input is missing when that input is, and its function is not asked.
    The function's docstring is the feature's meaning."""

    name: str
    field: str
    label: str
    kind: Answer
    inputs: tuple[str, ...]
    function: Callable[..., float | bool | str | None]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Trait:
    """What every field of a kind has: `words` follow the field's label, `suffix` the field's key in the feature's name.
    The function gets the field's value, then that of the form's first field of each kind in `needs` (without such a
    field there is no feature), then of `hint` (left out when the form has none)."""

    kind: Answer
    suffix: str
    words: str
    function: Callable[..., float | bool | str | None]
    unit: str | None = None
    needs: tuple[Kind, ...] = ()
    hint: Kind | None = None


TRAITS: Mapping[Kind, tuple[Trait, ...]] = {
    "email": (
        Trait("level", "domain_kind", "kind of domain", mail.domain_kind),
        Trait("flag", "free_mail", "free-mail address", mail.free_mail),
        Trait("flag", "disposable", "disposable address", mail.disposable),
        Trait("level", "ending", "ending of the domain", mail.top_level),
        Trait("number", "local_length", "length before the @", mail.local_length, "characters"),
        Trait("number", "digits_share", "share of digits before the @", mail.digits_share),
        Trait("flag", "role", "mailbox of a role", mail.role),
        Trait("flag", "names_company", "domain spells the company", mail.names_company, needs=("company",)),
        Trait("flag", "names_person", "holds the person's name", mail.names_person, needs=("person",)),
        Trait("flag", "same_site", "same domain as the website", mail.same_site, needs=("url",)),
    ),
    "phone": (
        Trait("level", "country", "country", phone.country, hint="country"),
        Trait("flag", "valid", "valid number", phone.valid, hint="country"),
        Trait("level", "line", "type of line", phone.line, hint="country"),
    ),
    "person": (
        Trait("number", "words", "number of words", person.word_count),
        Trait("flag", "letters_only", "letters only", person.letters_only),
        Trait("flag", "plausible", "looks like a real name", person.plausible),
        Trait("flag", "capitalised", "written with capitals", person.capitalised),
    ),
    "company": (
        Trait("level", "legal_form", "legal form", company.legal_form),
        Trait("number", "words", "number of words", company.word_count),
        Trait("flag", "stand_in", "names no company", company.stand_in),
    ),
    "job_title": (
        Trait("level", "level", "seniority", title.seniority),
        Trait("level", "function", "function", title.function),
    ),
    "country": (
        Trait("level", "code", "", place.iso_code),
        Trait("level", "region", "region", place.region),
    ),
    "url": (
        Trait("level", "ending", "ending of the domain", website.top_level),
        Trait("flag", "path", "leads to a page", website.has_path),
        Trait("number", "depth", "depth of the page", website.depth, "folders"),
        Trait("flag", "platform", "on somebody else's platform", website.platform),
    ),
    "text": (
        Trait("number", "characters", "length", message.characters, "characters"),
        Trait("number", "words", "number of words", message.word_count),
        Trait("number", "lines", "number of lines", message.lines),
        Trait("number", "questions", "question marks", message.questions),
        Trait("number", "exclamations", "exclamation marks", message.exclamations),
        Trait("number", "digits", "digits", message.digits),
        Trait("number", "links", "links", message.links),
        Trait("number", "capitals_share", "share of capitals", message.capitals_share),
    ),
    "category": (Trait("level", "", "", answer.level),),
    "number": (Trait("number", "", "", answer.number),),
    "money": (Trait("number", "", "", answer.number),),
    "flag": (Trait("flag", "", "", answer.flag),),
    "date": (
        Trait("level", "month", "month", timing.date_month),
        Trait("level", "weekday", "day of the week", timing.date_weekday),
    ),
    "consent": (),
}
ORIGIN_KINDS: tuple[Kind, ...] = ("country", "phone", "email")
CAMPAIGN: tuple[Feature, ...] = (
    Feature("channel", "utm_medium", "Channel", "level", campaign.CHANNEL_INPUTS, campaign.channel),
    Feature("utm_source", "utm_source", "Campaign source", "level", ("utm_source",), campaign.parameter),
    Feature("utm_medium", "utm_medium", "Campaign medium", "level", ("utm_medium",), campaign.parameter),
    Feature("utm_campaign", "utm_campaign", "Campaign", "level", ("utm_campaign",), campaign.parameter),
    Feature("utm_term", "utm_term", "Campaign keyword", "level", ("utm_term",), campaign.parameter),
    Feature("utm_content", "utm_content", "Campaign content", "level", ("utm_content",), campaign.parameter),
    Feature("referrer_kind", "referrer", "Came from", "level", ("referrer", "page"), campaign.referrer_kind),
    Feature("referrer_site", "referrer", "Came from: site", "level", ("referrer",), campaign.referrer_site),
    Feature("page_section", "page", "Landing page: section", "level", ("page",), campaign.page_section),
    Feature("page_depth", "page", "Landing page: depth", "number", ("page",), campaign.page_depth, "folders"),
)


def plan(fields: Mapping[str, Field], timezone: str) -> tuple[Feature, ...]:
    """Every feature of a form, in the form's order; `timezone` is the agreement's and tells what a local hour is."""
    fields = {key: field for key, field in fields.items() if not key.startswith("_")}  # "_" marks what is not asked
    first: dict[str, str] = {}
    for key, field in fields.items():
        first.setdefault(field.kind, key)
    found = [*_of_fields(fields, first, timezone), *_of_origin(first), *_of_campaign(fields)]
    return tuple(_unique([*found, *_of_arrival(timezone), *_of_whole_form(fields)], set(fields)))


def with_action(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The plan with who follows up as one feature more: 1.0 = sales, 0.0 = nurture, missing where nobody knows."""
    action = Feature("route", ACTION, "Who follows up", "flag", (ACTION,), answer.flag)
    return tuple(_unique([*features, action], set()))


def field_label(key: str, field: Field) -> str:
    """How people call the field: as the agreement says, else as its column is headed, else its key in plain words."""
    plain = field.column or key.replace("_", " ").strip()
    return field.label or plain[:1].upper() + plain[1:]


def _of_fields(fields: Mapping[str, Field], first: Mapping[str, str], timezone: str) -> Iterator[Feature]:
    for key, field in fields.items():
        for trait in TRAITS[field.kind]:
            if all(kind in first for kind in trait.needs):
                yield _feature(key, field, trait, first)
        if field.kind == "date":
            yield _days_after(key, field, timezone)


def _feature(key: str, field: Field, trait: Trait, first: Mapping[str, str]) -> Feature:
    others = [first[kind] for kind in trait.needs]
    others += [first[trait.hint]] if trait.hint and trait.hint in first else []
    label = field_label(key, field)
    return Feature(
        name=f"{key}_{trait.suffix}" if trait.suffix else key,
        field=key,
        label=f"{label}: {trait.words}" if trait.words else label,
        kind=trait.kind,
        inputs=(key, *others),
        function=trait.function,
        unit=trait.unit if trait.suffix else field.unit,
    )


def _days_after(key: str, field: Field, timezone: str) -> Feature:
    label = f"{field_label(key, field)}: days after the arrival"
    function = partial(timing.days_after, timezone)
    return Feature(f"{key}_days_after", key, label, "number", (key, ARRIVED), function, "days")


def _of_origin(first: Mapping[str, str]) -> Iterator[Feature]:
    """Where the lead is from, as far as its country, telephone number and e-mail tell together."""
    kinds = tuple(kind for kind in ORIGIN_KINDS if kind in first)
    if kinds in ((), ("country",)):
        return
    inputs = tuple(first[kind] for kind in kinds)
    yield Feature("origin_country", inputs[0], "Origin: country", "level", inputs, partial(origin.country, kinds))
    yield Feature("origin_region", inputs[0], "Origin: region", "level", inputs, partial(origin.region, kinds))


def _of_campaign(fields: Mapping[str, Field]) -> Iterator[Feature]:
    """A campaign field that the form declares itself speaks as what it was declared, and no text of it comes out."""
    for feature in CAMPAIGN:
        declared = fields.get(feature.field)
        if declared is None or (declared.kind in ("category", "url") and feature.name != feature.field):
            yield feature


def _of_arrival(timezone: str) -> Iterator[Feature]:
    hour, weekday = partial(timing.hour, timezone), partial(timing.weekday, timezone)
    business = partial(timing.business_hours, timezone)
    yield Feature("arrival_hour", ARRIVED, "Arrival: hour", "number", (ARRIVED,), hour)
    yield Feature("arrival_weekday", ARRIVED, "Arrival: day of the week", "level", (ARRIVED,), weekday)
    yield Feature("arrival_business_hours", ARRIVED, "Arrival: in business hours", "flag", (ARRIVED,), business)


def _of_whole_form(fields: Mapping[str, Field]) -> Iterator[Feature]:
    keys = tuple(key for key, field in fields.items() if field.kind != "consent")
    if len(keys) > 1:
        yield Feature("share_filled", WHOLE_FORM, "Share of the form filled in", "number", keys, answer.share_filled)


def _unique(features: Iterable[Feature], keys: Set[str]) -> Iterator[Feature]:
    """A derived feature makes way for a field of its name, and for a feature before it, and is called _2, _3 …"""
    taken: set[str] = set()
    for feature in features:
        name, number = feature.name, 2
        while name in taken or (name in keys and name != feature.field):
            name, number = f"{feature.name}_{number}", number + 1
        taken.add(name)
        yield feature if name == feature.name else replace(feature, name=name)

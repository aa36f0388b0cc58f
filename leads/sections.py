"""What stands in an agreement: the goal, what each side owes the other, how leads are routed, what the form asks."""

import datetime
import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag, field_serializer
from pydantic import Field as Limits

from leads.fields import Field
from leads.import_mapping import ImportMapping
from leads.kinds import check_email, refuse

BandBound = Literal["A", "B", "C"]
Share = Annotated[float, Limits(gt=0, lt=1)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FieldValue(Section):
    """The number that the lead wrote in this field; `otherwise` where it wrote none, or none above nothing."""

    field: str
    otherwise: Annotated[float, Limits(gt=0)] | None = None


def shape(value: object) -> str:
    """Which of the alternatives of a key was written, so that an error speaks of that one alone."""
    if isinstance(value, dict | BaseModel):
        return "table"
    return "flag" if isinstance(value, bool) else "list" if isinstance(value, tuple | list) else "number"


Worth = Annotated[
    Annotated[Annotated[float, Limits(gt=0)], Tag("number")] | Annotated[FieldValue, Tag("table")],
    Discriminator(shape, custom_error_type="shape", custom_error_message='should be a number or { field = "…" }'),
]


class Goal(Section):
    conversion: str = "converted"
    within_days: Annotated[int, Limits(gt=0, le=3650)]
    value: Worth
    per_month: Annotated[int, Limits(gt=0)] | None = None


class Table(Section):
    """How history tables say what happened; training needs the target, nothing else does."""

    target: str | None = None
    positive: str = "1"
    order: str | None = None
    arrived: str | None = None
    in_order: bool = False
    converted_at: str | None = None
    as_of: datetime.date | None = None


def mail_address(text: str) -> str:
    check_email(text)
    if not text.isascii():
        refuse("email-format", "must be an e-mail address in ASCII, since not every relay takes others")
    return text


Mail = Annotated[str, AfterValidator(mail_address)]


class Person(Section):
    """`hours`, `timezone` and `holidays` are the team's where a person has none of their own."""

    name: Annotated[str, Limits(min_length=1)]
    weight: Annotated[float, Limits(gt=0)] = 1.0
    daily_cap: Annotated[int, Limits(gt=0)] | None = None
    takes: dict[str, tuple[str, ...]] = {}
    hours: str | None = None
    timezone: str | None = None
    holidays: str | None = None
    mail: Mail | None = None


class Decay(Section):
    """The share of a call's effect that is left after a wait: floor + quick · exp(-wait / quick_minutes) + the rest ·
    exp(-wait / slow_minutes)."""

    floor: Annotated[float, Limits(ge=0, le=1)] = 0.25
    quick: Annotated[float, Limits(ge=0, le=1)] = 0.45
    quick_minutes: Annotated[float, Limits(gt=0)] = 45.0
    slow_minutes: Annotated[float, Limits(gt=0)] = 1440.0


class SalesReason(Section):
    """Why sales rejects a lead or loses it, and what that does: whether the lead is a `label` that training learns
    from, and what then becomes of a rejected one. Marketing nurtures it; it ends; or it comes back to sales
    `after_days`, to somebody else, and is nurtured until then."""

    label: bool = True
    then: Literal["nurture", "end", "again"] = "nurture"
    after_days: Annotated[int, Limits(gt=0, le=3650)] | None = None


REASONS = {
    "bad-fit": SalesReason(),
    "bad-data": SalesReason(label=False, then="end"),
    "unreachable": SalesReason(),
    "not-now": SalesReason(then="again", after_days=90),
    "duplicate": SalesReason(label=False, then="end"),
    "competitor": SalesReason(label=False, then="end"),
    "other": SalesReason(),
}
"""Of an agreement that names none."""


class Sales(Section):
    """A lead that nobody answers in time goes on to another person, `reassignments` times at most, and then to `lead`,
    the person who leads the team."""

    timezone: str = "UTC"
    hours: str = "Mon-Fri 09:00-17:30"
    holidays: str | None = None
    first_response_minutes: Annotated[int, Limits(gt=0, le=525_600)] = 15
    reassignments: Annotated[int, Limits(ge=0, le=10)] = 2
    lead: str | None = None
    minutes_per_lead: Worth = 22.0
    minute_cost: Annotated[float, Limits(ge=0)] = 1.0
    decay: Decay = Decay()
    people: tuple[Person, ...] = ()
    reasons: dict[str, SalesReason] = REASONS
    mail: Mail | None = None


class EngagementKind(Section):
    """What one engagement of the kind adds: 20 `points` double the odds, and half of them is left every
    `half_life_days`."""

    points: Annotated[float, Limits(ge=0, le=1000)]
    half_life_days: Annotated[float, Limits(gt=0, le=3650)]
    label: Annotated[str, Limits(min_length=1, max_length=64)]


ENGAGEMENTS = {
    "page_view": EngagementKind(points=1, half_life_days=7, label="Page seen"),
    "pricing_page": EngagementKind(points=8, half_life_days=14, label="Pricing page seen"),
    "download": EngagementKind(points=4, half_life_days=14, label="Download"),
    "webinar": EngagementKind(points=8, half_life_days=21, label="Webinar attended"),
    "reply": EngagementKind(points=15, half_life_days=14, label="Reply to a mail"),
    "demo_booked": EngagementKind(points=40, half_life_days=30, label="Demo booked"),
    "mail_opened": EngagementKind(points=0, half_life_days=7, label="Mail opened"),
    "mail_clicked": EngagementKind(points=0, half_life_days=7, label="Link in a mail clicked"),
    "unsubscribed": EngagementKind(points=0, half_life_days=365, label="Unsubscribed"),
}
"""Of every agreement; one that names a kind changes what it says of it, or adds it."""


def with_the_usual(named: object) -> object:
    """What an agreement does not say of a kind is as usual; a kind of its own is called by its key."""
    if not isinstance(named, dict):
        return named
    told = {kind: {"label": str(kind).replace("_", " ").capitalize()} for kind in named}
    usual = {kind: told.get(kind, {}) | entry.model_dump() for kind, entry in ENGAGEMENTS.items()}
    said = {kind: (told | usual)[kind] | entry if isinstance(entry, dict) else entry for kind, entry in named.items()}
    return usual | said


class Between(Section):
    """at_least <= number < below; either end may be open."""

    at_least: float | None = None
    below: float | None = None


Condition = Annotated[
    Annotated[tuple[str, ...], Tag("list")] | Annotated[bool, Tag("flag")] | Annotated[Between, Tag("table")],
    Discriminator(
        shape,
        custom_error_type="shape",
        custom_error_message="should be a list of levels, true or false, or { at_least = …, below = … }",
    ),
]


class Track(Section):
    """How marketing nurtures the leads for which every condition of `when` holds, of these `bands` alone where some are
    named."""

    when: dict[str, Condition] = {}
    bands: tuple[Literal["A", "B", "C", "D"], ...] = ()


class Marketing(Section):
    """Of `tracks` the first that fits is taken."""

    qualified_leads_per_month: Annotated[int, Limits(gt=0)] | None = None
    recycle_after_days: Annotated[int, Limits(gt=0)] = 14
    engagements: Annotated[dict[str, EngagementKind], BeforeValidator(with_the_usual)] = ENGAGEMENTS
    tracks: dict[Annotated[str, Limits(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")], Track] = {}
    mail: Mail | None = None

    @field_serializer("tracks", when_used="json")
    def in_order(self, tracks: dict[str, Track]) -> list[dict[str, object]]:
        """A list, since their order counts."""
        return [{"name": name, **track.model_dump(mode="json")} for name, track in tracks.items()]


class RoutingRule(Section):
    """Leads for which every condition of `when` holds go to the people of `to`, unless one of its own `rules`, the
    first that matches, says more. Without `to` it is those of the rule around it, and anybody where there is none."""

    when: dict[str, Condition] = {}
    to: tuple[str, ...] = ()
    rules: tuple["RoutingRule", ...] = ()


class Routing(Section):
    """`bands` are the lower bounds of A, B and C; below C is D. Of `rules` the first that matches says who may take a
    lead of sales; the last one has no condition. `review_share` of the leads, those of which a person's look is worth
    most, are looked at by one."""

    bands: dict[BandBound, Share] = {"A": 0.30, "B": 0.15, "C": 0.05}
    sales_from: Literal["A", "B", "C", "D"] = "B"
    guard_slice: Annotated[float, Limits(ge=0, le=0.5)] = 0.02
    review_share: Annotated[float, Limits(ge=0, le=0.5)] = 0.0
    rules: tuple[RoutingRule, ...] = ()


class Rule(Section):
    """20 points double the odds. Every condition of `when` must hold."""

    points: Annotated[float, Limits(ge=-1000, le=1000)]
    when: dict[str, Condition]


class Scorecard(Section):
    base_rate: Share = 0.05
    rules: tuple[Rule, ...] = ()


class Privacy(Section):
    """`profiling_consent` and `mail_consent` name consent fields of the form; `keep_days` counts from a lead's last
    sending."""

    profiling_consent: str | None = None
    mail_consent: str | None = None
    keep_days: Annotated[int, Limits(gt=0, le=36_500)] | None = None


class FormSection(Section):
    """`known_after_contact` names what was seen in the table and left out, and why."""

    fields: dict[str, Field] = {}
    known_after_contact: dict[str, str] = {}


class Agreement(Section):
    model_config = ConfigDict(serialize_by_alias=True)

    goal: Goal
    table: Table = Table()
    sales: Sales = Sales()
    marketing: Marketing = Marketing()
    routing: Routing = Routing()
    scorecard: Scorecard = Scorecard()
    privacy: Privacy = Privacy()
    form: FormSection = FormSection()
    imports: dict[str, ImportMapping] = Limits(default={}, alias="import", exclude_if=lambda named: not named)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the same agreement, however it is laid out, has the same digest."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

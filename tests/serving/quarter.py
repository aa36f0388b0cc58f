"""Months of an invented company, written into a ledger as facts: forms, decisions, steps, outcomes and costs."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from leads.agreement import parse_agreement
from leads.lead import Band, Cause, Decision, Outcome, OutcomeType, Route, Score, Step, StepKind, Submission
from leads.ledger import Connection, Cost, Ledger, adopt_agreement, put_costs, write_outcome, write_step
from leads.ledger.decision import write_decision, write_submission
from leads.ledger.person import lead_of_person
from models.policy import band

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
WITHIN = 45
AGREEMENT = f"""
[goal]
within_days = {WITHIN}
value = 1000.0
per_month = 20
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Fri 09:00-17:30"
first_response_minutes = 60
[[sales.people]]
name = "Ada"
[[sales.people]]
name = "Bo"
[marketing]
qualified_leads_per_month = 120
[routing]
sales_from = "B"
[form.fields.email]
kind = "email"
[form.fields.name]
kind = "person"
[form.fields.lead_source]
kind = "category"
"""
SCRIPT = "<script>alert(1)</script>"
PERSONAL = ("someone.private@example.com", "Wilhelmina Privatova")
ORIGINS: tuple[dict[str, str], ...] = (
    {"utm_source": "Google", "utm_campaign": "brand", "utm_content": "demo"},
    {"utm_source": "google", "utm_campaign": SCRIPT, "utm_content": "white paper"},
    {"utm_source": "newsletter", "utm_campaign": PERSONAL[0]},
    {"referrer": "https://www.linkedin.com/feed", "page": "https://www.example.com/pricing"},
    {"referrer": "https://blog.somebody.example", "page": "https://www.example.com/"},
    {"page": "https://www.example.com/pricing"},
    {"lead_source": "Trade fair"},
    {},
)
MORE = tuple({"utm_source": f"partner {number:02d}", "utm_campaign": f"{number}"} for number in range(20))
REASONS = ("bad-fit", "unreachable", "bad-data")


class Writing(NamedTuple):
    connection: Connection
    agreement: int
    draw: random.Random


def quarter(ledger: Ledger, months: int = 8, a_month: int = 80, seed: int = 5) -> None:
    """The months before NOW; the first two of them came by import."""
    number = adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    draw = random.Random(seed)
    with ledger.transaction() as connection:
        writing = Writing(connection, number, draw)
        days = 30.4 * months
        for place in range(months * a_month):
            at = NOW - timedelta(days=days * (1 - place / (months * a_month)), seconds=draw.random() * 3600)
            at = min(at, NOW - timedelta(seconds=5))
            _lead(writing, place, at, imported=place < 2 * a_month)
        put_costs(connection, list(_costs()), NOW)


def _costs() -> Iterator[Cost]:
    for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
        yield Cost(month, "google", "", 500.0)
        yield Cost(month, "google", "brand", 700.5)
        yield Cost(month, "billboard", "autumn", 1200.0)


def _lead(writing: Writing, place: int, at: datetime, imported: bool) -> None:
    connection, draw = writing.connection, writing.draw
    lead = lead_of_person(connection, [f"{place:064d}"], at)
    submission = _form(writing, lead, place, at, imported)
    if draw.random() < 0.15:
        later = at + timedelta(days=draw.random() * 10)
        if later < NOW:
            _form(writing, lead, place, later, imported, again=True)
    chance = draw.betavariate(1.2, 5)
    if draw.random() < 0.05 and not imported:
        _decide(writing, submission, at, chance, "quarantine", "submission")
        if draw.random() < 0.5:
            return
    route: Route = "nurture" if imported or chance < 0.15 else "review" if draw.random() < 0.1 else "sales"
    cause: Cause = "imported" if imported else "submission"
    decided = _decide(writing, submission, NOW if imported else at, chance, route, cause)
    if route != "nurture":
        _given(writing, decided, at)
    elif not imported and draw.random() < 0.1 and at + timedelta(days=20) < NOW:
        later = at + timedelta(days=20)
        _given(writing, _decide(writing, submission, later, 0.4, "sales", "rescore"), later)
    if draw.random() < chance:
        when = at + timedelta(days=draw.expovariate(1 / 14))
        value = round(draw.random() * 4000, 2) if draw.random() < 0.5 else None
        if when < NOW:
            _tell(writing, lead, "converted", when, value=value)
        if when < NOW and draw.random() < 0.05:
            _tell(writing, lead, "lost", min(NOW, when + timedelta(days=2)))
    if draw.random() < 0.01:
        _tell(writing, lead, "converted", at + timedelta(seconds=9), left_out=True)


def _form(writing: Writing, lead: str, place: int, at: datetime, imported: bool, again: bool = False) -> Submission:
    draw = writing.draw
    origin = draw.choice(MORE) if draw.random() < 0.25 else draw.choice(ORIGINS)
    form = {"email": PERSONAL[0], "name": PERSONAL[1], **origin}
    name = f"sb_{place:06d}{'b' if again else 'a'}"
    marks = ("honeypot",) if again and draw.random() < 0.2 else ()
    submission = Submission(name, lead, NOW if imported else at, form, None, at if imported else None, marks)
    write_submission(writing.connection, submission)
    return submission


def _decide(
    writing: Writing, submission: Submission, at: datetime, chance: float, route: Route, cause: Cause
) -> Decision:
    bounds = parse_agreement(AGREEMENT).routing.bands
    decision = Decision(
        id=f"dc_{writing.draw.getrandbits(64):016x}",
        lead=submission.lead,
        submission=submission.id,
        decided_at=at,
        score=Score(chance, 0.0, 0.0, (), "trees" if writing.draw.random() < 0.8 else "scorecard", None, None),
        horizon_days=WITHIN,
        band=_band(chance, bounds),
        route=route,
        owner="sales",
        respond_by=None,
        agreement=writing.agreement,
        price=None,
        propensity=None,
        features={},
        cause=cause,
        value=None if cause == "imported" else 1000.0,
    )
    write_decision(writing.connection, decision)
    return decision


def _band(chance: float, bounds: object) -> Band:
    return band(chance, bounds)  # type: ignore[arg-type]


def _given(writing: Writing, decided: Decision, at: datetime) -> None:
    """To a person or the queue; then answered soon, late or never, passed on, or taken back."""
    draw, lead = writing.draw, decided.lead
    owner = draw.choice(["Ada", "Ada", "Bo", None])
    due = at + timedelta(minutes=60 if draw.random() < 0.6 else 16 * 60)
    _step(writing, decided, at, "assigned" if owner else "queued", owner, None, due)
    fate = draw.random()
    if fate < 0.05:
        _step(writing, decided, at + timedelta(minutes=5), "ended", None, owner, None)
        return
    if fate < 0.2:
        _step(writing, decided, due, "reassigned", "Bo", owner, due + timedelta(hours=2))
        return
    answered = at + timedelta(minutes=draw.expovariate(1 / 90))
    if answered >= NOW:
        return
    _step(writing, decided, answered, "answered", owner, owner, due)
    kind: OutcomeType = draw.choice(["accepted", "contacted", "meeting"])
    if draw.random() < 0.3:
        _tell(writing, lead, "rejected", answered, reason=draw.choice(REASONS))
        if draw.random() < 0.1:
            _tell(writing, lead, "reopened", min(NOW, answered + timedelta(days=1)))
        return
    _tell(writing, lead, kind, answered)


def _step(
    writing: Writing,
    decided: Decision,
    at: datetime,
    kind: StepKind,
    owner: str | None,
    before: str | None,
    due: datetime | None,
) -> None:
    write_step(writing.connection, Step(decided.lead, decided.id, at, kind, owner, before, due, "as it is"))


def _tell(
    writing: Writing,
    lead: str,
    kind: OutcomeType,
    at: datetime,
    reason: str | None = None,
    value: float | None = None,
    left_out: bool = False,
) -> None:
    event = f"{kind} {writing.draw.getrandbits(48):012x}"
    write_outcome(writing.connection, Outcome(lead, event, kind, at, at, reason, value, None, left_out))

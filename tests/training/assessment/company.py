"""Months of leads in a ledger whose truth is known: what each was promised, and whether and when it converted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from leads.agreement import parse_agreement
from leads.lead import Cause, Decision, Outcome, Route, Score, Submission
from leads.ledger import Ledger, adopt_agreement, open_ledger, write_outcome
from leads.ledger.decision import write_decision, write_submission
from leads.ledger.person import lead_of_person
from models.policy import band
from models.scorer import logit, sigmoids

UNTIL = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
WITHIN = 60
TEXT = f"""
[goal]
within_days = {WITHIN}
value = 1000.0
[sales]
timezone = "Europe/Berlin"
[routing]
bands = {{ A = 0.30, B = 0.15, C = 0.05 }}
sales_from = "B"
[scorecard]
base_rate = 0.15
[[scorecard.rules]]
points = 20.0
when = {{ demo_requested = true }}
[form.fields.email]
kind = "email"
[form.fields.name]
kind = "person"
[form.fields.message]
kind = "text"
[form.fields.source]
kind = "category"
[form.fields.country]
kind = "country"
[form.fields.size]
kind = "category"
[form.fields.pages_viewed]
kind = "number"
[form.fields.demo_requested]
kind = "flag"
"""
AGREEMENT = parse_agreement(TEXT)
CANARIES = (
    "wilhelmina.canary@privat-beispiel.de",
    "Wilhelmina Canaryova",
    "only-one-person-wrote-this",
    "0171 5550199",
)
Said = dict[str, object]


@dataclass
class Lead:
    """`day` is counted back from UNTIL; `after` is when it converts, in days, None: never."""

    day: float
    said: Said
    truth: float
    promised: float
    after: float | None
    route: Route = "sales"
    cause: Cause = "submission"
    left_out: bool = False
    again: Sequence[float] = field(default_factory=tuple)


Change = Callable[[Lead, np.random.Generator], None]


def leads(count: int, days: float, seed: int, change: Change | None = None) -> list[Lead]:
    """Oldest first. What they are promised is the truth, until `change` says otherwise of a lead; then
    the truth decides whether it converts."""
    draw = np.random.default_rng(seed)
    made = [_lead(float(day), draw) for day in np.sort(draw.uniform(0, days, count))[::-1]]
    for lead in made:
        if change is not None:
            change(lead, draw)
        wins, after = draw.random() < lead.truth, float(np.exp(draw.normal(np.log(12), 0.9)))
        lead.after = min(after, WITHIN - 0.01) if wins else None
    return made


def _lead(day: float, draw: np.random.Generator) -> Lead:
    source = str(draw.choice(["search", "partner", "social"], p=[0.5, 0.12, 0.38]))
    demo, pages = bool(draw.random() < 0.3), float(draw.poisson(4))
    said: Said = {
        "email": CANARIES[0], "name": CANARIES[1], "source": source, "demo_requested": demo, "pages_viewed": pages,
        "country": str(draw.choice(["Germany", "France", "Austria"], p=[0.6, 0.3, 0.1])),
        "size": str(draw.choice(["1-10", "11-200", "more"])),
        "message": f"Call me: {CANARIES[3]}",
    }  # fmt: skip
    odds = -2.4 + 1.2 * demo + 0.1 * pages + {"search": 0.0, "partner": 0.7, "social": -0.5}[source]
    truth = float(sigmoids(np.array([odds]))[0])
    return Lead(day, said, truth, truth, None)


def written(ledger: Ledger, made: Sequence[Lead]) -> None:
    number = adopt_agreement(ledger, TEXT, AGREEMENT.digest)
    with ledger.transaction() as connection:
        for place, lead in enumerate(made):
            at = UNTIL - timedelta(days=lead.day)
            name = lead_of_person(connection, [f"{place:064d}"], at)
            imported = lead.cause == "imported"
            for turn, moment in enumerate((at, *(at + timedelta(days=later) for later in lead.again))):
                told = UNTIL if imported else moment
                form = Submission(
                    f"sb_{place:06d}{turn}", name, told, lead.said, None, moment if imported else None, ()
                )
                write_submission(connection, form)
                write_decision(connection, _decision(lead, form, told, number))
            if lead.after is not None and lead.after <= lead.day:
                when = at + timedelta(days=lead.after)
                outcome = Outcome(name, f"won {place}", "converted", when, when, None, None, None, lead.left_out)
                write_outcome(connection, outcome)


def _decision(lead: Lead, form: Submission, at: datetime, agreement: int) -> Decision:
    return Decision(
        id=f"dc_{form.id}",
        lead=form.lead,
        submission=form.id,
        decided_at=at,
        score=Score(lead.promised, logit(lead.promised), 0.0, (), "trees", "conversion/1", None),
        horizon_days=WITHIN,
        band=band(lead.promised, AGREEMENT.routing.bands),
        route=lead.route,
        owner="sales",
        respond_by=None,
        agreement=agreement,
        price=None,
        propensity=None,
        features={},
        cause=lead.cause,
        value=1000.0,
    )


def ledger_of(folder: Path, made: Sequence[Lead]) -> Ledger:
    ledger = open_ledger(f"sqlite:///{folder / 'accord.db'}")
    written(ledger, made)
    return ledger

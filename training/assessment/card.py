"""The model card in words: what it is, what it learned from, what it must not be used for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from features.catalogue import ACTION
from leads.agreement import Agreement
from leads.counted import counted
from leads.kinds import PERSONAL
from models.encoder import RARE
from models.scorer import Scorer
from training.retraining.history import History, first_of_leads, known_at, mature
from training.rung import what_is_next

ENOUGH_FOR_ROUTES = 3_000
"""Labelled leads below which no score tells what a call changes."""
RUNGS = {
    "scorecard": "the agreement's written points; nothing was learned",
    "logistic": "a logistic regression: each answer adds its own part, and nothing else does",
    "trees": "decision trees, which also learn what answers mean together",
    "blend": "the mean of a logistic regression and of decision trees, in log-odds",
}


class Section(NamedTuple):
    title: str
    sentences: Sequence[str]


def model_card(
    scorer: Scorer, facts: Mapping[str, Any], learned_until: datetime | None, history: History, agreement: Agreement
) -> list[Section]:
    return [
        Section("What it is", list(_what_it_is(scorer, agreement))),
        Section("What it learned from", list(_learned(facts, learned_until, history, agreement))),
        Section("Who was left out", list(_left_out(history))),
        Section("How it was judged", list(_gates(facts))),
        Section("What the next step needs", list(_next(scorer, history))),
        Section("Limits", list(_limits(agreement))),
        Section("Privacy", list(_privacy(agreement))),
    ]


def _what_it_is(scorer: Scorer, agreement: Agreement) -> Iterator[str]:
    goal = agreement.goal
    yield (
        f"It gives each lead the probability that it becomes “{goal.conversion}” within {goal.within_days} days of the "
        "decision, and the reasons, which add up to it."
    )
    yield f"What scores ({scorer.rung}): {RUNGS[scorer.rung]}."
    facts = len(scorer.scored)
    yield f"It reads {counted(facts, 'fact')} of a form."


def _learned(
    facts: Mapping[str, Any], learned_until: datetime | None, history: History, agreement: Agreement
) -> Iterator[str]:
    zone = ZoneInfo(agreement.sales.timezone)
    if learned_until is None:
        yield "From nothing: people wrote its points down."
    elif "until" in facts:
        yield f"From what the ledger knew on {learned_until.astimezone(zone):%Y-%m-%d %H:%M}."
    else:
        table = f"the table {facts['table']}" if facts.get("table") else "a table of past leads"
        rows = f", {facts['rows']:,} rows" if facts.get("rows") else ""
        yield f"From {table}{rows}, trained on {learned_until.astimezone(zone):%Y-%m-%d}."
    if facts.get("why"):
        yield f"{str(facts['why']).rstrip('.')}."
    yield _now(history)


def _now(history: History) -> str:
    """What the ledger knows now, each lead once."""
    rows = first_of_leads(history, np.arange(len(history)))
    converted = int(known_at(history, history.until).y[rows].sum())
    young = int((~mature(history)[rows]).sum())
    return (
        f"The ledger now knows {len(rows):,} leads that may teach; {converted:,} have converted so far, and {young:,} "
        f"are younger than {history.horizon} days and may still convert. A young lead never counts as one that did not."
    )


def _left_out(history: History) -> Iterator[str]:
    for why, leads in sorted(history.left_out.items(), key=lambda one: -one[1]):
        yield f"{counted(leads, 'lead')}: {why}."
    if not history.left_out:
        yield "Nobody."


def _gates(facts: Mapping[str, Any]) -> Iterator[str]:
    gates = [gate for gate in facts.get("gates") or () if isinstance(gate, Mapping) and gate.get("sentence")]
    for gate in gates:
        yield f"{'Passed' if gate.get('passed') else 'Not passed'}: {gate['sentence']}"
    if not gates:
        yield "By no gates: it did not come of a retraining."
    if facts.get("refused"):
        yield str(facts["refused"])


def _next(scorer: Scorer, history: History) -> Iterator[str]:
    yield what_is_next(scorer.rung, history)
    labelled = len(np.unique(history.lead[mature(history)]))
    followed, nurtured = (len(np.unique(history.lead[history.action == action])) for action in (1.0, 0.0))
    if any(ACTION in feature.inputs for feature in scorer.scored):
        yield "It knows what a call changes: the same lead gets one score for a call and one without."
    else:
        yield (
            "It does not know what a call changes. That takes about "
            f"{ENOUGH_FOR_ROUTES:,} leads of both routes whose time to convert is over; so far {labelled:,} are old "
            f"enough, and of all leads {followed:,} were for sales and {nurtured:,} were nurtured."
        )


def _limits(agreement: Agreement) -> Iterator[str]:
    yield (
        "Made for ranking inbound leads between sales and nurture. Not made for decisions about a person's credit, "
        "employment, housing, insurance or health, nor for leads that did not come through this form."
    )
    yield "A probability speaks of many leads: of ten with 30 %, about three convert. It says nothing certain of one."
    yield "Reasons tell what moves the score, which need not be what makes people buy."
    if late := agreement.form.known_after_contact:
        yield f"Left out, since they are known only after contact: {', '.join(late)}."


def _privacy(agreement: Agreement) -> Iterator[str]:
    personal = [key for key, field in agreement.form.fields.items() if field.kind in PERSONAL]
    if personal:
        yield f"Of {', '.join(personal)} only traits are read, such as whether an address is of a free provider."
    yield f"An answer that fewer than {RARE} leads gave is pooled with others, in the model as on this page."
    yield "Who asked to be forgotten, or objected to being scored, is in none of these figures."

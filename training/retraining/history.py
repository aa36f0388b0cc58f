"""What the ledger knew at a moment: the decisions that may teach, what their leads had said, and what came of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from leads.agreement import Agreement
from leads.consent import may_be_profiled
from leads.fields import Value
from leads.kinds import NUMBERS
from leads.known_answers import together, values_of
from leads.lead import Cause, Outcome, Submission
from leads.ledger.book import Ledger
from leads.ledger.past import (
    PastDecision,
    past_decisions,
    past_objections,
    past_outcomes,
    past_people,
    past_submissions,
)
from leads.marks import doubtful
from leads.outcome import conversion_of, teaches
from models.encoder import Array
from training.splits import LEADS_OF_A_PERSON

DAY, SECONDS = timedelta(days=1), 86_400
TEACHING: frozenset[Cause] = frozenset({"submission", "imported"})
"""Decisions on a form. What is decided later stands on what happened since, and only leads that had not converted by
then are among them; the agreement's points speak for engagements."""


class Recorded(NamedTuple):
    """What each decision gave its lead when it was made, NaN for imported leads, of which nobody decided; and the name
    of the model that did, None for the scorecard."""

    probability: Array
    model: NDArray[np.object_]


@dataclass(frozen=True)
class History:
    """One row a decision, oldest first. `decided_at` is in days since 1970, for an imported lead its arrival;
    `action` is 1 where sales was to follow up, 0 where the lead was nurtured, NaN for imported leads, of which nobody
    knows. `converted_after` and `known_after` are days from the decision to the conversion that stands and to when
    it was told, infinite where there is none within the horizon; `followed` the days over which anybody would have
    told, infinite but for imported leads. A lead's rows weigh one together. `left_out` counts leads by why they teach
    nothing."""

    values: pd.DataFrame
    decided_at: Array
    until: float
    horizon: int
    action: Array
    propensity: Array
    lead: NDArray[np.int64]
    person: NDArray[np.int64]
    weight: Array
    converted_after: Array
    known_after: Array
    followed: Array
    left_out: Mapping[str, int]
    recorded: Recorded | None = None

    def __len__(self) -> int:
        return len(self.decided_at)

    def where(self, rows: NDArray[np.bool_]) -> History:
        """A lead's rows that are left weigh one together."""
        columns = ("decided_at", "action", "propensity", "lead", "person", "converted_after", "known_after", "followed")
        chosen = {name: getattr(self, name)[rows] for name in columns}
        recorded = self.recorded and Recorded(self.recorded.probability[rows], self.recorded.model[rows])
        weight = 1.0 / np.bincount(chosen["lead"], minlength=1)[chosen["lead"]]
        values = self.values[rows].reset_index(drop=True)
        return replace(self, values=values, recorded=recorded, weight=weight, **chosen)


class Known(NamedTuple):
    """What was known of some rows at a moment: 1 = converted by then, and their age in days, at most the horizon."""

    y: Array
    age: Array


def known_at(history: History, moment: float) -> Known:
    """`moment` is in days since 1970; rows that were not yet decided have a negative age."""
    age = np.minimum(moment - history.decided_at, history.followed)
    return Known((history.known_after <= age).astype(np.float64), np.minimum(age, history.horizon))


def mature(history: History) -> NDArray[np.bool_]:
    """The rows that were followed up to the horizon: nothing more is to be expected of them."""
    return known_at(history, history.until).age >= history.horizon


def first_of_leads(history: History, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of each lead the first of these rows, which stand oldest first: a lead counts once."""
    return rows[np.sort(np.unique(history.lead[rows], return_index=True)[1])]


class PastLead(NamedTuple):
    decisions: Sequence[PastDecision]
    submissions: Sequence[Submission]
    outcomes: Sequence[Outcome]


class _Row(NamedTuple):
    lead: str
    values: Mapping[str, Value]
    decided_at: datetime
    action: float
    propensity: float | None
    converted_after: float
    known_after: float
    imported_at: datetime | None
    probability: float
    model: str | None


def read_history(ledger: Ledger, agreement: Agreement, until: datetime) -> History:
    """As it was known at `until`; later decisions, forms and outcomes change nothing of it."""
    with ledger.long_reading() as connection:
        people = list(past_people(connection))
        objecting = _objecting(people, past_objections(connection))
        decided, sent = _by_lead(past_decisions(connection, until)), _by_lead(past_submissions(connection, until))
        outcomes = past_outcomes(connection, until)
    # what is read of a lead is let go once its rows are made
    told = ((name, PastLead(decided.pop(name), sent.pop(name, []), outcomes.pop(name, []))) for name in list(decided))
    return history_of(told, people, objecting, agreement, until)


def history_of(
    leads: Iterable[tuple[str, PastLead]],
    people: Sequence[tuple[str, str]],
    objecting: Container[str],
    agreement: Agreement,
    until: datetime,
) -> History:
    """Of leads by their names, each as it was known at `until`; `people` are pairs of a digest and a lead."""
    rows, left_out = list[_Row](), Counter[str]()
    for name, lead in leads:
        why = "objected to being profiled" if name in objecting else _unteaching(lead, agreement)
        if why is not None:
            left_out[why] += 1
            continue
        rows.extend(_rows(name, lead, agreement))
    rows.sort(key=lambda row: (row.decided_at, row.lead))
    return _history(rows, people, agreement, until, left_out)


Told = TypeVar("Told", PastDecision, Submission)


def _by_lead(told: Iterable[Told]) -> dict[str, list[Told]]:
    by_lead = defaultdict[str, list[Told]](list)
    for one in told:
        by_lead[one.lead].append(one)
    return by_lead


def _objecting(people: Sequence[tuple[str, str]], objections: Mapping[str, bool]) -> set[str]:
    """Whoever shares an address or a number with an objection, to be on the safe side."""
    return {lead for digest, lead in people if objections.get(digest)}


def _unteaching(lead: PastLead, agreement: Agreement) -> str | None:
    if lead.decisions[-1].route == "quarantine":
        return "looks like a bot's"
    if any(told.left_out for told in lead.outcomes):
        return "told by a key that told too many conversions"
    if not teaches(lead.outcomes, agreement.sales.reasons):
        return "given up for a reason that says nothing of the lead"
    if not any(may_be_profiled(agreement, submission.form) for submission in lead.submissions):
        return "never agreed to be profiled"
    return None


def _rows(name: str, lead: PastLead, agreement: Agreement) -> Iterator[_Row]:
    conversion = conversion_of(lead.outcomes)
    sent = {submission.id: submission for submission in lead.submissions}
    for decision in lead.decisions:
        submission = sent.get(decision.submission)
        if decision.cause not in TEACHING or decision.route == "quarantine" or submission is None:
            continue
        imported = decision.cause == "imported"
        at = submission.interest_at if imported else decision.decided_at
        after, known = _until_conversion(conversion, at, imported, agreement.goal.within_days)
        if after < 0:
            continue  # it had converted before, so this decision had nothing left to find out
        action = np.nan if imported else float(decision.route != "nurture")
        values = _said(submission, lead.submissions, at, imported, agreement)
        probability, imported_at = (np.nan, decision.decided_at) if imported else (decision.probability, None)
        yield _Row(
            name, values, at, action, decision.propensity, after, known, imported_at, probability, decision.model
        )


def _until_conversion(conversion: Outcome | None, at: datetime, imported: bool, horizon: int) -> tuple[float, float]:
    """An imported conversion was known when it happened, by whoever had the lead then."""
    if conversion is None or conversion.occurred_at - at > horizon * DAY:
        return np.inf, np.inf
    known = conversion.occurred_at if imported else max(conversion.received_at, conversion.occurred_at)
    return (conversion.occurred_at - at) / DAY, (known - at) / DAY


def _said(
    newest: Submission, sent: Sequence[Submission], at: datetime, imported: bool, agreement: Agreement
) -> dict[str, Value]:
    """All that the lead had said by then, as the decision saw it."""
    fields = agreement.form.fields
    before = [one for one in sent if one.interest_at <= at and (imported or one.received_at <= at)]
    earlier = [one for one in sorted(before, key=_sent_at, reverse=True) if one.id != newest.id]
    return together(values_of(newest, fields), [one for one in earlier if not doubtful(one.marks)], fields)


def _sent_at(submission: Submission) -> datetime:
    return submission.interest_at


def _followed(rows: Sequence[_Row], agreement: Agreement) -> Array:
    """In days. Of an imported lead nobody tells more than its table did: until the day that the agreement names, else
    until the newest arrival among what was imported on the same day."""
    newest = dict[date, datetime]()
    for row in rows:
        if row.imported_at is not None:
            day = row.imported_at.date()
            newest[day] = max(newest.get(day, row.decided_at), row.decided_at)
    drawn = agreement.table.as_of
    as_of = datetime.combine(drawn, time.min, UTC) if drawn else None
    ends = [None if row.imported_at is None else as_of or newest[row.imported_at.date()] for row in rows]
    days = [np.inf if end is None else (end - row.decided_at) / DAY for end, row in zip(ends, rows, strict=True)]
    return np.maximum(np.array(days, dtype=np.float64), 0.0)


def _history(
    rows: Sequence[_Row],
    people: Sequence[tuple[str, str]],
    agreement: Agreement,
    until: datetime,
    left_out: Mapping[str, int],
) -> History:
    lead, names = pd.factorize(np.array([row.lead for row in rows], dtype=object))
    of_lead = np.bincount(lead, minlength=1)
    return History(
        values=_table([row.values for row in rows], agreement),
        decided_at=np.array([row.decided_at.timestamp() for row in rows], dtype=np.float64) / SECONDS,
        until=until.timestamp() / SECONDS,
        horizon=agreement.goal.within_days,
        action=np.array([row.action for row in rows], dtype=np.float64),
        propensity=np.array([np.nan if row.propensity is None else row.propensity for row in rows], dtype=np.float64),
        lead=lead.astype(np.int64),
        person=_persons(list(names), people)[lead],
        weight=1.0 / of_lead[lead],
        converted_after=np.array([row.converted_after for row in rows], dtype=np.float64),
        known_after=np.array([row.known_after for row in rows], dtype=np.float64),
        followed=_followed(rows, agreement),
        left_out=dict(left_out),
        recorded=Recorded(
            np.array([row.probability for row in rows], dtype=np.float64),
            np.array([row.model for row in rows], dtype=object),
        ),
    )


def _table(values: Sequence[Mapping[str, Value]], agreement: Agreement) -> pd.DataFrame:
    """A column for each key: numbers as float64 with NaN, all else as objects with None."""
    keys = dict.fromkeys(key for row in values for key in row)
    fields = agreement.form.fields
    columns = {}
    for key in keys:
        cells = [row.get(key) for row in values]
        number = key in fields and fields[key].kind in NUMBERS
        columns[key] = pd.Series(cells, dtype=np.float64 if number else object)
    return pd.DataFrame(columns, index=range(len(values)))


def _persons(leads: Sequence[str], people: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
    """A number for each lead, the same for leads that share an address or a number, directly or through others. What
    many leads gave is a switchboard's number or a shared mailbox."""
    place = {lead: number for number, lead in enumerate(leads)}
    leads_of = Counter(digest for digest, _ in people)
    known = [
        (digest, place[lead]) for digest, lead in people if lead in place and leads_of[digest] <= LEADS_OF_A_PERSON
    ]
    digests = pd.factorize(np.array([digest for digest, _ in known], dtype=object))[0] + len(leads)
    nodes = len(leads) + len(set(digests))
    ends = (digests, np.array([lead for _, lead in known], dtype=np.int64))
    graph = sparse.coo_array((np.ones(len(known)), ends), shape=(nodes, nodes))
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1][: len(leads)], dtype=np.int64)

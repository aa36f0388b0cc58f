"""A lead that somebody only supposes: decided as a real one would be, under an agreement that need not be in force."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from leads.agreement import Agreement, parse_agreement
from leads.consent import may_be_profiled
from leads.contradictions.place import hint
from leads.form import ARRIVED, CAMPAIGN_FIELDS, form_class, form_values
from leads.known_answers import together
from leads.lead import Decision, Submission
from leads.ledger import (
    Connection,
    Ledger,
    Made,
    agreement_in_force,
    digests,
    existing_ledger,
    latest_decision,
    objects,
    open_ledger,
    submissions_of_person,
)
from leads.ledger.opening import revision
from leads.person import identities
from leads.refusal import Refusal
from models import policy
from models.bundle import BundleRefused
from models.champion import serving_scorer
from models.scorecard import scorecard_scorer
from serving.deciding.decider import ByHand, Decider, Told
from serving.edge import html_form
from serving.problems import Problem
from serving.scoring.live import Scored
from serving.scoring.thread import Values
from serving.team.assignment import assign
from serving.team.company import company_of
from serving.team.placement import Team

NOBODY = "ld_supposed"
"""The lead that a person is who never sent a form."""


@dataclass(frozen=True, slots=True)
class Trial:
    """`owners` are all whose turn it is alike: which of them gets a lead, the lead decides. `in_force` is the number of
    another agreement that rules now; `refused` says why the champion cannot score here."""

    decision: Decision
    why: str | None
    owners: tuple[str, ...]
    in_force: int | None
    refused: str | None


@contextmanager
def ledger_to_read(url: str) -> Iterator[Ledger]:
    """An empty one for the moment where there is none: a trial leaves nothing behind."""
    with TemporaryDirectory() as place:
        ledger = open_ledger(url if _exists(url) else f"sqlite:///{Path(place) / 'accord.db'}")
        try:
            yield ledger
        finally:
            ledger.close()


def _exists(url: str) -> bool:
    try:
        ledger = existing_ledger(url)
    except Refusal:
        return False
    with closing(ledger), ledger.reading() as connection:
        return revision(connection) is not None


def supposed_form(agreement: Agreement, texts: Mapping[str, str]) -> tuple[Values, Mapping[str, object]]:
    """Read as the fields of an HTML form are, but nothing is required; the values, and what would be kept as sent."""
    fields = agreement.form.fields
    for name in texts:
        if name not in fields and name not in CAMPAIGN_FIELDS:
            raise Refusal(f"The form has no field “{name}”.{hint(name, (*fields, *CAMPAIGN_FIELDS))}")
    asked = {key: field.model_copy(update={"required": False}) for key, field in fields.items()}
    section = agreement.form.model_copy(update={"fields": asked})
    try:
        form, sent = html_form.read(form_class(agreement.model_copy(update={"form": section})), texts, fields)
    except Problem as problem:
        raise Refusal("\n".join(f"{place.detail}." for place in problem.places)) from None
    return form_values(form), sent


class Supposing:
    """What a ledger knows that a supposed lead meets: prices, the champion, the team, who has this person already."""

    def __init__(self, ledger: Ledger, agreement: Agreement, at: datetime) -> None:
        now = agreement_in_force(ledger)
        self.ledger = ledger
        self.agreement = agreement
        self.at = at
        self.decider = Decider(ledger, agreement, now.number if now else 0, lambda: at)
        self.decider.prices.follow()
        self.other = now.number if now and parse_agreement(now.text).digest != agreement.digest else None

    def tried(self, texts: Mapping[str, str], to_sales: bool) -> Trial:
        values, sent = supposed_form(self.agreement, texts)
        people = digests(self.ledger, identities(values, self.agreement.form.fields))
        with self.ledger.reading() as connection:
            earlier = submissions_of_person(connection, people)
            known = together({**values, ARRIVED: self.at}, earlier, self.agreement.form.fields)
            by_model = may_be_profiled(self.agreement, sent) and not objects(connection, people)
            scored, refused = self._scored(known, by_model)
            lead = earlier[0].lead if earlier else NOBODY
            submission = Submission(self._outside_the_lot(), lead, self.at, sent, None)
            last = latest_decision(connection, submission.lead)
            told = Told(submission, known, scored, self._company(values), last)
            made = self.decider.decide(connection, told, by_hand=ByHand("sales") if to_sales else None)
            owners = self._whose_turn(connection, made, known)
        return Trial(made.decision, _why(made, owners), owners, self.other, refused)

    def _scored(self, values: Values, by_model: bool) -> tuple[Scored, str | None]:
        refused = None
        scorer = scorecard_scorer(self.agreement)
        if by_model:
            try:
                scorer = serving_scorer(self.ledger, self.agreement)
            except BundleRefused as error:
                refused = str(error)
        row = scorer.row(values)
        return Scored(scorer.score_row(row), row, None), refused

    def _outside_the_lot(self) -> str:
        """What the lot would do is told beside the decision."""
        names, salt = (f"sb_supposed_{number}" for number in count()), self.ledger.salt
        return next(name for name in names if policy.lot(salt, name) >= self.agreement.routing.guard_slice)

    def _company(self, values: Values) -> str | None:
        company = company_of(values, self.agreement.form.fields)
        return digests(self.ledger, [f"company:{company}"])[0] if company else None

    def _whose_turn(self, connection: Connection, made: Made, values: Values) -> tuple[str, ...]:
        """Where the rotation decided, all whose turn it is alike."""
        if made.placement is None or not made.placement.credits:
            return (made.decision.owner,)
        team = Team(connection, self.agreement, self.at)
        return assign(values, team.standings, self.agreement.routing.rules, made.decision.lead).tied


def _why(made: Made, owners: tuple[str, ...]) -> str | None:
    """As the step of the assignment tells it; None for a lead that marketing gets."""
    if made.placement is None or not made.placement.steps:
        return None
    why = made.placement.steps[-1].why
    return why if len(owners) == 1 else f"{why.rpartition('; ')[0]}; their turns are equal"

"""Past leads on their way into the ledger: history, which nobody is given and nobody is told of."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from leads.known_answers import together, values_of
from leads.lead import Decision, Outcome, Submission, decision_id, submission_id
from leads.ledger import Came, Connection, Import, Past, advance_import, digests, take_past
from leads.person import identities
from leads.row_table import Row
from models.policy import band
from serving.deciding.intake import Intake
from serving.feedback.outcomes import keep_past
from serving.imports.columns import LeadColumns
from serving.imports.moved import moved
from serving.imports.past_lead import PastLead, PastLeads
from serving.imports.patience import patiently
from serving.team.assignment import QUEUES
from serving.team.company import company_of


class LeadRows:
    def __init__(self, intake: Intake, columns: LeadColumns, key: str | None) -> None:
        self.intake = intake
        self.key = key
        self._reader = PastLeads(intake.agreement, columns, intake.decider.now())

    def read(self, row: Row, ahead: bool) -> PastLead:
        return self._reader.read(row)

    def write(self, items: Sequence[PastLead], refused: int, before: Import) -> Import:
        now = self.intake.decider.now()
        pasts = [self._past(item, now) for item in items]
        write = partial(self._write, pasts=pasts, items=items, refused=refused, before=before, now=now)
        return patiently(lambda: self.intake.writer.submit(write).result())

    def _write(
        self,
        connection: Connection,
        pasts: Sequence[Past],
        items: Sequence[PastLead],
        refused: int,
        before: Import,
        now: datetime,
    ) -> Import:
        taken = take_past(connection, pasts, partial(self._decision, now=now))
        told = zip(taken, items, strict=True)
        keep_past(connection, [made for (lead, _), item in told if lead for made in self._outcomes(lead, item, now)])
        after = moved(before, Counter[Came](came for _, came in taken) + Counter[Came]({"refused": refused}), now)
        advance_import(connection, before, after)
        return after

    def _past(self, item: PastLead, now: datetime) -> Past:
        fields, ledger = self.intake.agreement.form.fields, self.intake.ledger
        company = company_of(item.sent, fields)
        return Past(
            digests(ledger, identities(item.sent, fields)),
            digests(ledger, [f"company:{company}"])[0] if company else None,
            item.arrived_at,
            lambda lead: Submission(submission_id(), lead, now, item.sent, self.key, item.arrived_at),
        )

    def _decision(self, submission: Submission, earlier: Sequence[Submission], now: datetime) -> Decision:
        """Marketing has the lead until it shows interest. The agreement's points score it, since a model is asked when
        somebody acts on its answer."""
        fields = self.intake.agreement.form.fields
        values = together(values_of(submission, fields), earlier, fields)
        scored, agreement = self.intake.live.by_scorecard(values, None), self.intake.agreement
        return Decision(
            id=decision_id(),
            lead=submission.lead,
            submission=submission.id,
            decided_at=now,
            score=scored.score,
            horizon_days=agreement.goal.within_days,
            band=band(scored.score.probability, agreement.routing.bands),
            route="nurture",
            owner=QUEUES["nurture"],
            respond_by=None,
            agreement=self.intake.number,
            price=None,
            propensity=None,
            features=scored.row,
            cause="imported",
        )

    def _outcomes(self, lead: str, item: PastLead, now: datetime) -> Iterator[Outcome]:
        """By its type and time, so that it is one and the same in every table that tells it."""
        for told in item.outcomes:
            event = f"{told.type} {told.at.isoformat()}"
            yield Outcome(lead, event, told.type, told.at, now, told.reason, told.value, self.key)

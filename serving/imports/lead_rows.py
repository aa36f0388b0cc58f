"""Past leads on their way into the ledger: history, which nobody is given and nobody is told of."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from leads.lead import Decision, Outcome, Submission, decision_id, submission_id
from leads.ledger import Came, Connection, Import, Past, advance_import, digests, take_past
from leads.person import identities
from leads.row_table import Row
from models.policy import band
from serving.assignment import QUEUES
from serving.company import company_of
from serving.imports.header import LeadColumns
from serving.imports.moved import moved
from serving.imports.past_lead import PastLead, PastLeads
from serving.intake import Intake
from serving.outcomes import keep_past


class LeadRows:
    def __init__(self, intake: Intake, columns: LeadColumns, key: str | None) -> None:
        self.intake = intake
        self.key = key
        self._reader = PastLeads(intake.agreement, columns, intake.decider.now())

    def read(self, row: Row, ahead: bool) -> PastLead:
        return self._reader.read(row)

    def write(self, items: Sequence[PastLead], refused: int, before: Import) -> Import:
        now = self.intake.decider.now()
        pasts = [(self._past(item, now), item) for item in items]
        return self.intake.writer.submit(
            partial(self._write, pasts=pasts, refused=refused, before=before, now=now)
        ).result()

    def _write(
        self,
        connection: Connection,
        pasts: Sequence[tuple[Past, PastLead]],
        refused: int,
        before: Import,
        now: datetime,
    ) -> Import:
        came = Counter[Came]({"refused": refused})
        for past, item in pasts:
            lead, how = take_past(connection, past)
            came[how] += 1
            if item.converted_at is not None and how != "forgotten":
                keep_past(connection, self._converted(lead, item.converted_at, now))
        after = moved(before, came, now)
        advance_import(connection, before, after)
        return after

    def _past(self, item: PastLead, now: datetime) -> Past:
        fields, ledger = self.intake.agreement.form.fields, self.intake.ledger
        company = company_of(item.values, fields)
        return Past(
            digests(ledger, identities(item.values, fields)),
            digests(ledger, [f"company:{company}"])[0] if company else None,
            item.arrived_at,
            lambda lead: Submission(submission_id(), lead, now, item.sent, self.key, item.arrived_at),
            partial(self._decision, item=item, now=now),
        )

    def _decision(self, submission: Submission, item: PastLead, now: datetime) -> Decision:
        """In place of one that was never made: marketing has the lead until it shows interest. The agreement's points
        score it, since a model is asked when somebody acts on its answer."""
        scored, agreement = self.intake.live.by_scorecard(item.scored, None), self.intake.agreement
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

    def _converted(self, lead: str, at: datetime, now: datetime) -> Outcome:
        """By its time, so that it is one and the same in every table that tells it."""
        return Outcome(lead, f"converted {at.isoformat()}", "converted", at, now, None, None, self.key)

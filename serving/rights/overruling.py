"""What people may ask for: not to be scored by a model, and to be decided on by a person; and ending a quarantine."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from leads.lead import Decision, Route
from leads.ledger import (
    Connection,
    Ledger,
    decided_submission,
    latest_decision,
    leads_of,
    object_,
    person_of,
)
from leads.refusal import Refusal
from serving.deciding.anew import Case, decide_anew, scored_anew
from serving.deciding.intake import Intake
from serving.scoring.live import Scored

T = TypeVar("T")


class NoSuchLead(Refusal):
    """No lead has this id, or it was erased."""


class NotQuarantined(Refusal):
    """The lead's newest decision is another one."""


def restore(intake: Intake, lead: str, note: str | None) -> Decision:
    """Out of quarantine: decided by the policy, as if no mark had been there."""

    def decided(scored: Scored, of: str, connection: Connection) -> Decision | None:
        before = latest_decision(connection, lead)
        if before is not None and before.route != "quarantine":
            raise NotQuarantined(f"{lead} is not in quarantine; `accord quarantine list` shows what is.")
        return decide_anew(connection, intake, Case(lead, scored, "restore", note=note, of=of))

    return _scored_and_decided(intake, lead, decided)


def override(intake: Intake, lead: str, route: Route, reason: str, owner: str | None) -> Decision:
    """A person decides; the score stays as it was. It stands until the lead sends another form."""

    def decided(connection: Connection) -> Decision:
        before = latest_decision(connection, lead)
        # A hand's decision waits for no better score.
        as_it_was = before and Scored(before.score, before.features, None)
        made = as_it_was and decide_anew(connection, intake, Case(lead, as_it_was, "override", route, reason, owner))
        if made is None:
            raise _no_lead()
        return made

    return written(intake, decided)


def object_to_profiling(intake: Intake, people: Sequence[str], lead: str | None, objects: bool) -> list[Decision]:
    """Kept for all that these people send later, and each of their leads is decided anew at once. `objects` is False
    where the objection is withdrawn. A lead that names nobody is decided anew alone."""

    def said(connection: Connection) -> list[str]:
        person = person_of(connection, lead) if lead else None
        everybody = [*people, *([person] if person else [])]
        if everybody:
            object_(connection, everybody, objects)
        return sorted({*leads_of(connection, everybody), *([lead] if lead else [])})

    if lead is not None:
        _must_exist(intake.ledger, lead)
    return [_objected(intake, one, objects) for one in written(intake, said)]


def written(intake: Intake, work: Callable[[Connection], T]) -> T:
    """Waits until it is on the disk; not for the event loop."""
    done = intake.writer.submit(work).result()
    if isinstance(done, Decision):
        intake.metrics.decided(done)
    return done


def _objected(intake: Intake, lead: str, objects: bool) -> Decision:
    def decided(scored: Scored, of: str, connection: Connection) -> Decision | None:
        return decide_anew(connection, intake, Case(lead, scored, "objection", of=of))

    return _scored_and_decided(intake, lead, decided, by_model=not objects)


def _scored_and_decided(
    intake: Intake,
    lead: str,
    decided: Callable[[Scored, str, Connection], Decision | None],
    by_model: bool = True,
) -> Decision:
    """Scores before the transaction, and again when another form of the lead came in between."""
    while found := scored_anew(intake, lead, by_model):
        submission, scored = found
        if made := written(intake, partial(decided, scored, submission.id)):
            return made
    raise _no_lead()


def _must_exist(ledger: Ledger, lead: str) -> None:
    with ledger.reading() as connection:
        if decided_submission(connection, lead) is None:
            raise _no_lead()


def _no_lead() -> NoSuchLead:
    return NoSuchLead("There is no lead with this id.")

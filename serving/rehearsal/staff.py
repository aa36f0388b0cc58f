"""The sales people of a rehearsal: they take up what the queue ranks highest, one lead after another, and tell what
became of it by the same code as the tools of sales do. What they tell is drawn by lot, and teaches nothing."""

from collections import Counter
from functools import partial

from leads.lead import Assignment, Outcome, OutcomeType
from leads.ledger import team_changes, unanswered
from leads.refusal import Failure
from leads.team import Member, team_of, there
from serving.deciding.intake import Intake
from serving.feedback.outcomes import tell
from serving.rehearsal.agenda import Agenda
from serving.rehearsal.chance import BAD_FIT, MEETINGS, call_luck, pick_up_minutes
from serving.views.queue import ranked

LIKELIEST = 0.9


class Staff:
    """`silent` ones are there and are given leads, but answer none; `key` is what the outcomes are told with."""

    def __init__(self, intake: Intake, agenda: Agenda, silent: frozenset[str], seed: int, key: str) -> None:
        self.intake = intake
        self.agenda = agenda
        self.silent = silent
        self.seed = seed
        self.key = key
        self._busy: set[str] = set()
        self._taken_up: Counter[str] = Counter()
        self._told = 0
        self._wakes: dict[str, object] = {}

    def look(self) -> None:
        """Whoever is free and has something to answer takes it up soon; who is away comes when their hours begin."""
        agreement, now = self.intake.agreement, self.agenda.now
        with self.intake.ledger.reading() as connection:
            team = team_of(agreement, team_changes(connection))
            having = {one.owner for one in unanswered(connection)}
        for member in team:
            if not there(member, now):
                self._come_back(member)
            elif member.name in having and member.name not in self._busy | self.silent:
                self._reach_for_next(member)

    def _come_back(self, member: Member) -> None:
        opens = member.working.after(self.agenda.now, 0)
        if opens > self.agenda.now and self._wakes.get(member.name) != opens:
            self._wakes[member.name] = opens
            self.agenda.plan(opens, lambda: None)  # that it is this time is all: then everybody looks again

    def _reach_for_next(self, member: Member) -> None:
        self._busy.add(member.name)
        self._taken_up[member.name] += 1
        minutes = pick_up_minutes(self.seed, member.name, self._taken_up[member.name])
        self.agenda.plan(member.working.after(self.agenda.now, minutes), partial(self._take_up, member))

    def _take_up(self, member: Member) -> None:
        """What waits highest by now; it may have gone on to somebody else meanwhile."""
        with self.intake.ledger.reading() as connection:
            waiting = unanswered(connection, member.name)
        if not waiting:
            self._busy.discard(member.name)
            return
        first = ranked(waiting, self.intake.agreement.sales.decay, self.agenda.now)[0].assignment
        self._tell(first.lead, "contacted")
        hangs_up = member.working.after(self.agenda.now, first.minutes)
        self.agenda.plan(hangs_up, partial(self._hang_up, member.name, first))

    def _hang_up(self, person: str, stands: Assignment) -> None:
        self._busy.discard(person)
        luck = call_luck(self.seed, stands.lead)
        if luck < min(LIKELIEST - BAD_FIT, MEETINGS * stands.benefit):
            self._tell(stands.lead, "meeting")
        elif luck > 1 - BAD_FIT:
            self._tell(stands.lead, "rejected", "bad-fit")

    def _tell(self, lead: str, kind: OutcomeType, reason: str | None = None) -> None:
        self._told += 1
        now = self.agenda.now
        outcome = Outcome(lead, f"played-{self._told}", kind, now, now, reason, None, self.key)
        for told in tell(self.intake, [outcome]):
            if told.wrong is not None:
                raise Failure(f"An outcome that was played was not taken: {told.wrong.detail}")

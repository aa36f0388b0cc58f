"""One rehearsal from end to end, on a ledger that is thrown away at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.ids import ids_from
from leads.ledger import (
    Ledger,
    ThrowAway,
    adopt_agreement,
    lead_story,
    newest_decision_at,
    team_changes,
    throw_away_ledger,
)
from leads.refusal import Refusal
from leads.team import team_of
from models.champion import serving_scorer
from models.scorecard import scorecard_scorer
from serving.deciding.intake import Intake
from serving.rehearsal.agenda import Agenda
from serving.rehearsal.chance import SeededIds
from serving.rehearsal.figures import Facts, Figures, figures
from serving.rehearsal.forms import Forms
from serving.rehearsal.play import Play
from serving.rehearsal.scorer import UnhurriedScorer
from serving.rehearsal.staff import Staff
from serving.views.timeline import timeline


@dataclass(frozen=True)
class Wish:
    """What is to be played: an agreement and its text, from which day, for how many, and who never answers."""

    agreement: Agreement
    text: str
    first: date
    days: int
    silent: frozenset[str]
    seed: int

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time.min, ZoneInfo(self.agreement.sales.timezone))


@dataclass(frozen=True)
class Rehearsed:
    """`model` is None where the scorecard scored; `lacked` is what was degraded at times; `story` are the lines that
    tell of the lead that went furthest."""

    figures: Figures
    model: str | None
    team: tuple[str, ...]
    lacked: frozenset[str]
    story: tuple[str, ...]


def rehearse(wish: Wish, forms: Forms, url: str, on_form: Callable[[], None]) -> Rehearsed:
    """`url` is the present ledger's, which is copied where it is there."""
    with TemporaryDirectory(prefix="accord-rehearsal-", ignore_cleanup_errors=True) as folder:
        played_on = throw_away_ledger(url, Path(folder), wish.seed, wish.begins)
        try:
            return played(wish, forms, played_on, on_form)
        finally:
            played_on.ledger.close()


def played(wish: Wish, forms: Forms, played_on: ThrowAway, on_form: Callable[[], None]) -> Rehearsed:
    ledger, key = played_on
    team = _team(wish, ledger)
    agenda = Agenda(wish.begins)
    with ids_from(SeededIds(wish.seed, agenda)), _intake(wish, ledger, agenda) as intake:
        play = Play(intake, agenda, Staff(intake, agenda, wish.silent, wish.seed, key.id), key, on_form)
        play.run(forms, wish.days)
        with ledger.reading() as connection:
            found = figures(Facts(connection, wish.agreement, wish.begins), play)
        number = intake.live.number
    model = None if number is None else f"conversion/{number}"
    lacked = frozenset(play.lacked)
    return Rehearsed(found, model, team, lacked, tuple(_story(ledger, found.furthest, wish.agreement, agenda.now)))


def _team(wish: Wish, ledger: Ledger) -> tuple[str, ...]:
    """Their names; refuses what cannot be played before anything is."""
    with ledger.reading() as connection:
        team = tuple(member.name for member in team_of(wish.agreement, team_changes(connection)))
        newest = newest_decision_at(connection)
    if newest is not None and newest >= wish.begins:
        raise Refusal(
            f"The ledger has decisions of {newest:%Y-%m-%d} already; let the rehearsal begin after it with --from."
        )
    if unknown := sorted(wish.silent - set(team)):
        known = f"the team is {', '.join(team)}" if team else "the agreement names no people"
        raise Refusal(f"Nobody is called “{unknown[0]}”, so they cannot be --silent; {known}.")
    return team


@contextmanager
def _intake(wish: Wish, ledger: Ledger, agenda: Agenda) -> Iterator[Intake]:
    agreement = wish.agreement
    number = adopt_agreement(ledger, wish.text, agreement.digest)
    live = UnhurriedScorer(ledger, agreement, serving_scorer, scorecard_scorer(agreement))
    intake = Intake(ledger, agreement, number, live, agenda)
    try:
        intake.warm_up()
        yield intake
    finally:
        intake.close()


def _story(ledger: Ledger, lead: str | None, agreement: Agreement, now: datetime) -> Iterator[str]:
    """Without its messages, of which none was sent."""
    story = lead_story(ledger, lead) if lead is not None else None
    if story is not None:
        yield from timeline(story, (), agreement, now)

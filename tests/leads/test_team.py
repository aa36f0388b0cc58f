"""The team at one moment, worked out by hand; 2026-11-23 is a Monday."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from leads import team_change
from leads.agreement import parse_agreement
from leads.ledger import (
    Ledger,
    at_hand,
    credits,
    lock_team,
    record_change,
    save_credits,
    taken_since,
    team_changes,
)
from leads.refusal import Refusal
from leads.team import Change, Leave, Member, capacity_a_day, team_of, there

AGREEMENT = parse_agreement(
    """
[goal]
within_days = 120
value = 3000
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Fri 09:00-17:00"
holidays = "DE"
minutes_per_lead = 20
[[sales.people]]
name = "Anna"
daily_cap = 3
[[sales.people]]
name = "Ben"
weight = 2
hours = "Mon-Thu 08:00-16:00"
timezone = "America/New_York"
holidays = "US"
takes = { country = ["US"] }
mail = "ben@example.com"
[form.fields.country]
kind = "country"
[form.fields.email]
kind = "email"
"""
)
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def change(kind: str, person: str = "Anna", **said: object) -> Change:
    return Change(person, NOW, kind, {key.rstrip("_"): value for key, value in said.items()})  # type: ignore[arg-type]


def member(name: str, *changes: Change) -> Member:
    return next(one for one in team_of(AGREEMENT, changes) if one.name == name)


def names(*changes: Change) -> list[str]:
    return [one.name for one in team_of(AGREEMENT, changes)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_agreements_people_have_their_own_hours_or_the_teams() -> None:
    anna, ben = team_of(AGREEMENT, [])
    assert (anna.weight, anna.daily_cap, anna.takes, anna.working.zone.key) == (1, 3, {}, "Europe/Berlin")
    assert (ben.weight, ben.daily_cap, ben.takes, ben.mail) == (2, None, {"country": ("US",)}, "ben@example.com")
    assert there(anna, NOW)
    assert not there(ben, NOW)
    assert there(ben, at("2026-11-23 15:00+00:00"))
    assert not there(anna, at("2026-12-25 10:00+00:00"))
    assert not there(ben, at("2026-11-26 15:00+00:00")), "Thanksgiving"


def test_people_come_and_go_and_come_again_as_the_agreement_has_them() -> None:
    cora = change("added", "Cora", weight=3, takes={"country": ["FR"]}, timezone="Europe/Paris")
    assert names(cora) == ["Anna", "Ben", "Cora"]
    assert (member("Cora", cora).weight, member("Cora", cora).takes) == (3, {"country": ("FR",)})
    assert member("Cora", cora).working.zone.key == "Europe/Paris"
    assert names(cora, change("removed"), change("removed", "Cora")) == ["Ben"]
    back = [change("paused"), change("leave", from_="2026-11-23", to="2026-11-24"), change("removed")]
    again = member("Anna", *back, change("added", daily_cap=5))
    assert (again.daily_cap, again.paused, again.leaves) == (5, False, ())
    assert member("Anna", change("removed"), change("added")).daily_cap == 3


def test_what_is_said_of_somebody_who_is_gone_changes_nothing() -> None:
    assert names(change("removed"), change("paused"), change("hours", hours="Mon 09:00-10:00")) == ["Ben"]


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [
        ("2026-11-23 23:59+01:00", False),
        ("2026-11-24 00:00+01:00", False),
        ("2026-11-24 00:00-05:00", False),
        ("2026-11-24 08:00-05:00", False),
        ("2026-11-25 15:59-05:00", False),
        ("2026-11-30 08:00-05:00", True),
        ("2026-11-23 15:59-05:00", True),
    ],
)
def test_leave_is_whole_days_by_the_persons_own_clock_and_both_ends_belong_to_it(moment: str, is_there: bool) -> None:
    """The day before is a Monday; the Thursday after it is Thanksgiving, and Ben works from Monday to Thursday."""
    ben = member("Ben", change("leave", "Ben", from_="2026-11-24", to="2026-11-25"))
    assert there(ben, at(moment)) is is_there


def test_a_due_time_passes_over_the_days_of_leave() -> None:
    anna = member("Anna", change("leave", from_="2026-11-24", to="2026-11-27"))
    assert anna.working.after(at("2026-11-23 16:50+01:00"), 15) == at("2026-11-30 09:05+01:00")
    assert anna.leaves == (Leave(date(2026, 11, 24), date(2026, 11, 27)),)


def test_leave_that_is_cancelled_leaves_the_other_leave() -> None:
    two = [change("leave", from_="2026-12-01", to="2026-12-02"), change("leave", from_="2026-11-24", to="2026-11-27")]
    anna = member("Anna", *two, change("leave-cancelled", from_="2026-11-24", to="2026-11-27"))
    assert anna.leaves == (Leave(date(2026, 12, 1), date(2026, 12, 2)),)
    assert there(anna, at("2026-11-24 10:00+01:00"))


def test_a_pause_ends_when_it_is_said() -> None:
    silenced = member("Anna", change("paused", by="silence"))
    assert (silenced.paused, silenced.paused_by, there(silenced, NOW)) == (True, "silence", False)
    assert there(member("Anna", change("paused", by="silence"), change("resumed")), NOW)


def test_other_hours_count_from_then_on_with_or_without_another_clock() -> None:
    early = member("Anna", change("hours", hours="Mon-Fri 06:00-08:00"))
    assert (there(early, at("2026-11-23 07:00+01:00")), there(early, NOW)) == (True, False)
    abroad = member("Anna", change("hours", hours="Mon-Fri 06:00-08:00", timezone="UTC"))
    assert (there(abroad, at("2026-11-23 07:00+01:00")), abroad.working.zone.key) == (True, "UTC")
    assert not there(abroad, at("2026-11-23 06:30+01:00"))


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        # Anna: 5 days of 3 leads of 20 minutes; Ben: 3 days of 480 minutes (Thursday is a holiday)
        ([], (5 * 60 + 3 * 480) / 7),
        ([change("paused", "Ben")], 5 * 60 / 7),
        ([change("removed", "Ben"), change("leave", from_="2026-11-23", to="2026-11-26")], 60 / 7),
        ([change("removed", "Ben"), change("removed")], 0),
    ],
)
def test_capacity_is_the_mean_of_the_next_seven_days(changes: Sequence[Change], minutes: float) -> None:
    assert capacity_a_day(team_of(AGREEMENT, changes), AGREEMENT, NOW) == pytest.approx(minutes)


def leave(first: str, last: str) -> Leave:
    return Leave(date.fromisoformat(first), date.fromisoformat(last))


GONE = [change("removed")]
AWAY = [change("leave", from_="2026-12-01", to="2026-12-05")]
REFUSALS = {
    "unknown": (lambda: team_change.removed(AGREEMENT, [], "Anne", NOW), "“Anne”. Did you mean Anna?"),
    "removed twice": (lambda: team_change.removed(AGREEMENT, GONE, "Anna", NOW), "in the team no longer"),
    "added twice": (lambda: team_change.added(AGREEMENT, [], " anna", {}, NOW), "“Anna” is in the team already"),
    "a queue's name": (lambda: team_change.added(AGREEMENT, [], "Sales", {}, NOW), "name “Sales” is nobody's"),
    "no name": (lambda: team_change.added(AGREEMENT, [], "  ", {}, NOW), "name should have at least 1 character"),
    "weight": (lambda: team_change.added(AGREEMENT, [], "Cora", {"weight": 0.0}, NOW), "weight should be greater"),
    "cap": (lambda: team_change.added(AGREEMENT, [], "Cora", {"daily_cap": 0}, NOW), "daily_cap should be greater"),
    "mail": (lambda: team_change.added(AGREEMENT, [], "Cora", {"mail": "x"}, NOW), "mail must be an e-mail address"),
    "takes": (
        lambda: team_change.added(AGREEMENT, [], "Cora", {"takes": {"contry": ["DE"]}}, NOW),
        "takes.contry names a field the form does not ask. Did you mean country?",
    ),
    "takes nothing": (
        lambda: team_change.added(AGREEMENT, [], "Cora", {"takes": {"country": []}}, NOW),
        "takes.country is empty",
    ),
    "personal": (
        lambda: team_change.added(AGREEMENT, [], "Cora", {"takes": {"email": ["x"]}}, NOW),
        "takes.email speaks of a personal value",
    ),
    "zone": (
        lambda: team_change.added(AGREEMENT, [], "Cora", {"timezone": "Europe/Berln"}, NOW),
        "timezone “Europe/Berln” is unknown. Did you mean Europe/Berlin?",
    ),
    "calendar": (lambda: team_change.added(AGREEMENT, [], "Cora", {"holidays": "ZZ"}, NOW), "“ZZ” is no calendar"),
    "hours": (
        lambda: team_change.added(AGREEMENT, [], "Cora", {"hours": "Mon 17:00-09:00"}, NOW),
        "hours: the hours 17:00-09:00 end before they begin",
    ),
    "new hours": (
        lambda: team_change.other_hours(AGREEMENT, [], "Anna", "Mon 17:00-09:00", None, NOW),
        "end before they begin",
    ),
    "new zone": (
        lambda: team_change.other_hours(AGREEMENT, [], "Anna", "Mon 09:00-17:00", "Mars", NOW),
        "timezone “Mars” is unknown",
    ),
    "leave backwards": (
        lambda: team_change.on_leave(AGREEMENT, [], "Anna", leave("2026-12-05", "2026-12-01"), NOW),
        "The leave ends on 2026-12-01, before it begins on 2026-12-05",
    ),
    "leave over": (
        lambda: team_change.on_leave(AGREEMENT, [], "Anna", leave("2025-12-01", "2025-12-05"), NOW),
        "The leave ended already, on 2025-12-05",
    ),
    "leave overlapping": (
        lambda: team_change.on_leave(AGREEMENT, AWAY, "Anna", leave("2026-12-05", "2026-12-09"), NOW),
        "is on leave from 2026-12-01 to 2026-12-05 already",
    ),
    "no such leave": (
        lambda: team_change.leave_cancelled(AGREEMENT, AWAY, "Anna", leave("2026-12-01", "2026-12-06"), NOW),
        "has no leave from 2026-12-01 to 2026-12-06. Known: from 2026-12-01 to 2026-12-05.",
    ),
    "paused twice": (
        lambda: team_change.paused(AGREEMENT, [change("paused")], "Anna", NOW),
        "“Anna” is paused already",
    ),
    "not paused": (lambda: team_change.resumed(AGREEMENT, [], "Anna", NOW), "“Anna” is not paused"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_makes_no_sense_is_refused_in_words(name: str) -> None:
    said, message = REFUSALS[name]
    with pytest.raises(Refusal) as caught:
        said()
    assert message in str(caught.value)


def test_leave_that_ends_today_or_touches_another_is_taken() -> None:
    said = team_change.on_leave(AGREEMENT, AWAY, "Anna", leave("2026-12-06", "2026-12-06"), NOW)
    assert said == Change("Anna", NOW, "leave", {"from": "2026-12-06", "to": "2026-12-06"})
    assert team_change.on_leave(AGREEMENT, [], "Anna", leave("2026-11-20", "2026-11-23"), NOW).kind == "leave"


def test_the_ledger_keeps_what_was_said_in_its_order(ledger: Ledger) -> None:
    said = [change("added", "Cora", weight=2.5, takes={"country": ["FR"]}), change("paused", "Cora", by="hand")]
    with ledger.transaction() as connection:
        lock_team(connection)
        for one in said:
            record_change(connection, one)
    with ledger.reading() as connection:
        assert team_changes(connection) == said
        assert team_of(AGREEMENT, team_changes(connection))[-1].weight == 2.5
        assert (at_hand(connection), taken_since(connection, {"Cora": NOW - timedelta(days=1)})["Cora"]) == ({}, 0)


def test_credits_are_kept_by_name(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        save_credits(connection, {"Anna": 0.25, "Ben": -0.25})
        save_credits(connection, {"Ben": 0.5, "Cora": 0.1 + 0.2})
    with ledger.reading() as connection:
        assert credits(connection) == {"Anna": 0.25, "Ben": 0.5, "Cora": 0.1 + 0.2}

"""The day's price from a ledger, on both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from leads.agreement import parse_agreement
from leads.lead import Engagement, RuledBy
from leads.ledger import Ledger, adopt_agreement, object_, open_ledger, tables, write_engagement
from leads.ledger.price import DayPrice, volume, window, write_price
from models import pricing
from models.bundle import open_bundle
from models.pricing import LAST_WEEK, WINDOW, price_under, todays_price
from models.scorecard import scorecard_scorer
from models.scorer import Scorer
from tests.bundles import promoted_model, trained
from tests.history import remember
from tests.serving.conftest import AGREEMENT as FORM

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
TEAM = """
[[sales.people]]
name = "Ann"
daily_cap = 2
"""
AGREEMENT = FORM.replace("[routing]", TEAM + "[routing]")
FORMS: list[dict[str, object]] = [
    {"email": f"person{number}@example.com", "country": ["DE", "FR", "US"][number % 3], "budget": 50.0 * (number % 40)}
    for number in range(240)
]
Priced = Callable[..., DayPrice | None]


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    opened = open_ledger(database)
    adopt_agreement(opened, AGREEMENT, parse_agreement(AGREEMENT).digest)
    yield opened
    opened.close()


def price(
    ledger: Ledger, text: str = AGREEMENT, number: int = 1, champion: int | None = None, **more: Any
) -> DayPrice | None:
    agreement = parse_agreement(text)
    scorer = more.pop("scorer", lambda: scorecard_scorer(agreement))
    return todays_price(ledger, agreement, number, champion, scorer, "daily", more.pop("now", NOW))


def unasked() -> Scorer:
    raise AssertionError("nothing was to be scored again")


def test_before_four_weeks_of_decisions_there_is_no_price(ledger: Ledger) -> None:
    assert price(ledger) is None
    remember(ledger, AGREEMENT, 1, FORMS, NOW, days=27.9)
    assert price(ledger) is None
    assert price(ledger, now=NOW + timedelta(days=0.2)) is not None


def test_four_weeks_in_quarantine_are_none(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(route="quarantine"))
    assert price(ledger) is None


def test_without_people_and_with_nobody_there_is_no_price(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    assert price(ledger, FORM) is None
    away = AGREEMENT.replace("daily_cap = 2", 'daily_cap = 2\nhours = "Mon 09:00-10:00"\nholidays = "DE"')
    assert price(ledger, away, now=NOW) is not None
    with ledger.transaction() as connection:
        said = {"person": "Ann", "at": NOW, "kind": "paused", "said": {}}
        connection.execute(insert(tables.team_changes), said)
    assert price(ledger) is None


def test_the_price_lets_so_many_through_as_the_team_can_call(ledger: Ledger) -> None:
    """240 leads in 29 days, of which a third are worth 37 a minute and the others 13.6; ten calls in seven days."""
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    made = price(ledger, scorer=unasked)
    assert made is not None
    assert (made.bundle, made.agreement, made.reason, made.nudge) == (None, 1, "daily", 1.0)
    assert made.leads == pytest.approx(240 * 28 / 29, abs=1)
    assert made.capacity == pytest.approx(10 * 22 / 7)
    assert made.demand == pytest.approx(22 * 240 / 29, rel=0.02)
    assert made.load == pytest.approx(made.demand / made.capacity)
    country_de = 3000 * (0.1 / 0.9 * 4) / (1 + 0.1 / 0.9 * 4) / 22
    assert made.value == pytest.approx(country_de)


@pytest.mark.parametrize("ruled_by", ["band", None, "owner"])
def test_scored_again_or_as_recorded_it_is_the_same_price(ledger: Ledger, ruled_by: RuledBy | None) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW, ruled_by=ruled_by)
    made = price(ledger)
    assert made is not None
    assert made.value == pytest.approx(3000 * (4 / 9) / (1 + 4 / 9) / 22)


def test_a_changed_agreement_weighs_the_forms_anew(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    text = AGREEMENT.replace("value = 3000.0", 'value = { field = "budget", otherwise = 100 }')
    number = adopt_agreement(ledger, text, parse_agreement(text).digest)
    made = price(ledger, text, number)
    assert made is not None
    share = (4 / 9) / (1 + 4 / 9)
    assert made.value in [pytest.approx(share * 50.0 * number / 22) for number in range(40)]


def test_a_new_champion_scores_the_window_itself(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    model = open_bundle(trained(AGREEMENT), "conversion/1")
    made = price(ledger, scorer=unasked)
    with ledger.transaction() as connection:
        connection.execute(insert(tables.bundle_bytes).values(sha256="a" * 64, data=b"x"))
        connection.execute(insert(tables.bundles).values(number=1, sha256="a" * 64, facts={}, saved_at=NOW))
    by_model = price(ledger, champion=1, scorer=lambda: model)
    assert by_model is not None
    assert made is not None
    indices = [model.score({**form, "_arrived": None}).probability * 3000 / 22 for form in FORMS]
    assert by_model.value != made.value
    assert sum(index >= by_model.value for index in indices) == pytest.approx(
        240 * by_model.capacity / made.demand, rel=0.1
    )


def test_a_model_that_cannot_score_is_stood_in_for_by_the_scorecard(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    by_points = price(ledger)
    broken = scorecard_scorer(parse_agreement(AGREEMENT))
    broken = Scorer(broken.features, None, "trees", "conversion/1")  # type: ignore[arg-type]
    made = price(ledger, champion=1, scorer=lambda: broken)
    assert made is not None
    assert by_points is not None
    assert made.value == by_points.value


def test_who_objected_is_weighed_by_the_points(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(degraded="no-consent"))
    by_points, under_model = price(ledger), price(ledger, champion=1, scorer=unasked)
    assert by_points is not None
    assert under_model is not None
    assert under_model.value == by_points.value


def test_each_lead_counts_once_by_its_newest_form(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    with ledger.reading() as connection:
        once = volume(connection, NOW - WINDOW, NOW - LAST_WEEK)
    remember(ledger, AGREEMENT, 1, FORMS[:10], NOW, days=0.5)  # the ten that came first, again
    with ledger.reading() as connection:
        again = volume(connection, NOW - WINDOW, NOW - LAST_WEEK)
        leads = window(connection, NOW - WINDOW)
    assert len(leads) == len({lead.lead for lead in leads}) == again.whole
    assert once.whole <= again.whole <= once.whole + 10
    assert again.last == once.last + 10


def test_what_a_hand_or_a_re_score_decided_is_no_arrival(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(cause="rescore"))
        assert window(connection, NOW - WINDOW) == []


@pytest.mark.parametrize("ruled_by", ["band", None])
def test_what_leads_did_counts_as_recorded_or_scored_again(ledger: Ledger, ruled_by: RuledBy | None) -> None:
    """Ten leads of the best country booked a demo two days before their form; there is time for hardly more."""
    remember(ledger, AGREEMENT, 1, FORMS, NOW, ruled_by=ruled_by, did=("demo_booked",))
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(route="sales"))
    made = price(ledger, AGREEMENT.replace("daily_cap = 2", "daily_cap = 1"))
    assert made is not None
    odds = 4 / 9 * 2 ** (2 * 0.5 ** (2 / 30))
    assert made.value == pytest.approx(3000 * odds / (1 + odds) / 22)


def test_a_nurtured_lead_is_weighed_by_what_it_did_until_now(ledger: Ledger) -> None:
    """As the nightly run weighs it; one that sales had from the first is weighed as it came."""
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    quiet = price(ledger)
    hour = NOW - timedelta(hours=1)
    with ledger.transaction() as connection:
        leads = connection.execute(tables.decisions.select()).all()
        for lead in {row.lead for row in leads}:
            for kind in ("demo_booked", "reply"):
                write_engagement(connection, Engagement(lead, kind, kind, hour, hour, {}, None))
    warm = price(ledger)
    assert quiet is not None
    assert warm is not None
    assert warm.value > quiet.value
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(route="sales"))
    of_sales = price(ledger)
    assert of_sales is not None
    assert of_sales.value == quiet.value


def test_what_somebody_who_objects_did_weighs_nothing(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    quiet, hour = price(ledger), NOW - timedelta(hours=1)
    with ledger.transaction() as connection:
        for lead, person in connection.execute(select(tables.leads.c.id, tables.leads.c.person)).all():
            write_engagement(connection, Engagement(lead, "e", "demo_booked", hour, hour, {}, None))
            object_(connection, [person], True)
    made = price(ledger)
    assert made is not None
    assert quiet is not None
    assert made.value == quiet.value


def test_the_volume_is_that_of_the_last_week(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    before = price(ledger)
    with ledger.transaction() as connection:
        here = tables.decisions
        quiet = here.c.decided_at.between(NOW - LAST_WEEK, NOW)
        connection.execute(update(here).where(quiet, here.c.id.in_(_every_other(connection))).values(cause="restore"))
    after = price(ledger)
    assert before is not None
    assert after is not None
    assert after.demand == pytest.approx(before.demand / 2, rel=0.05)
    assert after.leads < before.leads


def _every_other(connection: Any) -> list[str]:
    return sorted(connection.scalars(tables.decisions.select().with_only_columns(tables.decisions.c.id)))[::2]


def test_of_a_large_window_every_so_manieth_lead_is_weighed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    whole = price(ledger)
    monkeypatch.setattr(pricing, "MOST_LEADS", 80)
    sampled = price(ledger)
    assert whole is not None
    assert sampled is not None
    assert 70 <= sampled.leads <= 80
    assert sampled.demand == pytest.approx(whole.demand, rel=0.05)


def test_an_erased_lead_is_no_trouble(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading of the decisions and that of the forms."""
    remember(ledger, AGREEMENT, 1, FORMS, NOW, ruled_by=None)
    read = pricing.sendings

    def erased(connection: Any, leads: Any) -> Any:
        return {lead: [] if number % 2 else sent for number, (lead, sent) in enumerate(read(connection, leads).items())}

    monkeypatch.setattr(pricing, "sendings", erased)
    made = price(ledger)
    assert made is not None
    assert made.leads == pytest.approx(120, abs=6)


def test_the_queue_makes_a_minute_dearer_from_the_next_day_on(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    first = price(ledger)
    assert first is not None
    with ledger.transaction() as connection:
        write_price(connection, first)
        decisions = connection.execute(tables.decisions.select().limit(40)).all()
        rows = [
            {
                "lead": row.lead,
                "decision": row.id,
                "owner": "Ann" if number >= 30 else None,
                "owned_before": [],
                "since": NOW,
                "respond_by": NOW,
                "escalated": False,
                "ended_at": NOW if number in (0, 1) else None,
                "answered_at": None,
                "benefit": 0.1,
                "minutes": 22.0,
                "interest_at": NOW,
            }
            for number, row in enumerate(decisions)
        ]
        connection.execute(insert(tables.assignments), rows)
    same_day, next_day = price(ledger), price(ledger, now=NOW + timedelta(days=1))
    assert same_day is not None
    assert next_day is not None
    assert same_day.queued == next_day.queued == 28 * 22
    assert (same_day.value, same_day.nudge) == (first.value, 1.0)
    assert next_day.nudge == 3.0
    assert next_day.value == pytest.approx(3 * first.value)


def test_under_the_agreement_in_force(ledger: Ledger) -> None:
    number = promoted_model(ledger.engine.url.render_as_string(hide_password=False), AGREEMENT)
    assert price_under(ledger, number) is None
    remember(ledger, AGREEMENT, 1, FORMS, datetime.now(UTC))
    made = price_under(ledger, number)
    assert made is not None
    assert (made.bundle, made.agreement, made.reason) == (number, 1, "promotion")
    with ledger.transaction() as connection:
        connection.execute(delete(tables.decisions))
    assert price_under(ledger, number) is None

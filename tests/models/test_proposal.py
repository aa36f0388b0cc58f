"""What a proposal would have done is what it does: the same leads decided again after its adoption."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from leads.agreement import parse_agreement
from leads.known_answers import together, values_of
from leads.ledger import (
    Ledger,
    adopt_agreement,
    approve,
    create_key,
    engagements_of,
    find_key,
    latest_decision,
    newest_price,
    open_ledger,
    propose,
    submissions_by_id,
    tables,
)
from leads.marks import doubtful
from models.champion import serving_scorer
from models.engaged import engaged_row
from models.proposal import Comparison, DecidedAgain, compared, segments, sums
from serving.deciding.decider import Decider, Told
from serving.scoring.engaged import with_engagements
from serving.scoring.live import Scored
from tests.bundles import promoted_model
from tests.history import remember
from tests.serving.conftest import AGREEMENT as FORM_AGREEMENT

AGREEMENT = (
    FORM_AGREEMENT.replace("[routing]", '[[sales.people]]\nname = "Ann"\ndaily_cap = 2\n[routing]')
    .replace("guard_slice = 0.0", "guard_slice = 0.1\nreview_share = 0.1")
    .replace("[routing]", "[marketing.engagements.demo_booked]\npoints = 60\nhalf_life_days = 30\n[routing]")
    .replace("[form.fields.email]", '[privacy]\nmail_consent = "mail_allowed"\n[form.fields.email]')
)
FORMS: list[dict[str, object]] = [
    {
        "email": f"p{number}@example.com",
        "country": ["DE", "FR", "US"][number % 3],
        "mail_allowed": number % 5 > 0,
        "budget": 50.0 * (number % 40) if number % 7 else None,
        "demo_requested": number % 4 == 0,
    }
    for number in range(240)
]
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
VARIANTS = {
    "threshold": ('sales_from = "B"', 'sales_from = "A"'),
    "price": ("daily_cap = 2", "daily_cap = 30"),
    "nobody": ('[[sales.people]]\nname = "Ann"\ndaily_cap = 2\n', ""),
    "value": ("value = 3000.0", 'value = { field = "budget" }'),
    "minutes": ("first_response_minutes = 15", 'minutes_per_lead = { field = "budget", otherwise = 30.0 }'),
    "points": ('country = ["DE", "AT"]', 'country = ["US"]'),
    "lot": ("guard_slice = 0.1", "guard_slice = 0.4"),
    "consent": ('[privacy]\nmail_consent = "mail_allowed"\n', ""),
    "looks": ("review_share = 0.1", "review_share = 0.3"),
    "engagements": ("points = 60", "points = 2"),
    "forgetting": ("half_life_days = 30", "half_life_days = 0.5"),
    "form": ('[form.fields.budget]\nkind = "money"\nlabel = "Yearly budget"\n', ""),
}
OF_NO_CONSEQUENCE = {"threshold", "form"}
"""To leads that a price decides on, or that never spoke of it to the points."""
EACH = [
    *((name, False) for name in VARIANTS),
    *((name, True) for name in ("value", "points", "consent", "engagements")),
]
DID = ("demo_booked", "page_view", "pricing_page", "unsubscribed", "reply")


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'accord.db'}")
    adopt_agreement(opened, AGREEMENT, parse_agreement(AGREEMENT).digest)
    yield opened
    opened.close()


def changed(name: str, text: str = AGREEMENT) -> str:
    assert text.count(VARIANTS[name][0]) == 1
    return text.replace(*VARIANTS[name])


def comparison(ledger: Ledger, text: str, days: int = 28) -> Comparison:
    return compared(ledger, (parse_agreement(AGREEMENT), 1), (parse_agreement(text), 0), NOW, days)


def adopted(ledger: Ledger, text: str) -> int:
    number = propose(ledger, text, parse_agreement(text).digest, NOW).number
    for scope in ("approve-sales", "approve-marketing"):
        key = find_key(ledger, create_key(ledger, "sk", scopes=[scope]))
        assert key is not None
        approve(ledger, number, key, NOW)
    return number


def decided_after(ledger: Ledger, text: str, leads: Sequence[DecidedAgain]) -> list[tuple[str, str]]:
    """By the service's own decider, at the moment each form came, under the day's price of the service's own chore."""
    agreement, clock = parse_agreement(text), [NOW]
    number = adopted(ledger, text)
    decider = Decider(ledger, agreement, number, lambda: clock[0])
    scorer = serving_scorer(ledger, agreement)
    bundle = int(scorer.model.rpartition("/")[2]) if scorer.model else None
    decider.prices.keep(bundle)
    decider.prices.follow()
    found = []
    with ledger.transaction() as connection:
        here = tables.decisions
        rows = connection.execute(here.select().where(here.c.id.in_([one.decision for one in leads]))).all()
        sent = submissions_by_id(connection, [row.submission for row in rows])
        by_id = {row.id: row for row in rows}
        for one in leads:
            submission = sent[by_id[one.decision].submission]
            values = together(values_of(submission, agreement.form.fields), [], agreement.form.fields)
            clock[0] = at = one.decided_at
            did = engaged_row(engagements_of(connection, one.lead, at), at, agreement)
            scored = with_engagements(Scored(scorer.score(values), scorer.row(values), None), did, agreement)
            told = Told(submission, values, scored, None, latest_decision(connection, one.lead))
            made = decider.decide(connection, told, doubted=doubtful(submission.marks)).decision
            found.append((made.route, made.ruled_by or ""))
    with ledger.reading() as connection:
        assert (newest_price(connection, bundle, number) is None) is (not agreement.sales.people)
    return found


def after(found: Comparison) -> list[tuple[str, str]]:
    return [(one.after.route, one.after.ruled_by) for one in found.leads]


@pytest.mark.parametrize(("name", "by_model"), EACH)
def test_it_equals_a_replay_after_adoption(ledger: Ledger, name: str, by_model: bool) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW, did=DID)
    with ledger.transaction() as connection:
        here = tables.submissions
        some = sorted(connection.scalars(here.select().with_only_columns(here.c.id)))[100:110]
        connection.execute(update(here).where(here.c.id.in_(some)).values(marks=["honeypot"]))
        bots = {"route": "quarantine", "ruled_by": "bot"}
        connection.execute(update(tables.decisions).where(tables.decisions.c.submission.in_(some)).values(**bots))
    if by_model:
        promoted_model(ledger.engine.url.render_as_string(hide_password=False), AGREEMENT)
    found = comparison(ledger, changed(name))
    assert len(found.leads) == pytest.approx(240 * 28 / 29, abs=1)
    assert found.model == ("conversion/1" if by_model else None)
    assert decided_after(ledger, changed(name), found.leads) == after(found)
    if not by_model:
        assert bool(found.changed) is (name not in OF_NO_CONSEQUENCE)


def test_what_bears_on_no_route_changes_no_lead(ledger: Ledger) -> None:
    """Also where the recorded routes were made otherwise: by hand, under another price, before there were any."""
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    found = comparison(ledger, AGREEMENT.replace('label = "Yearly budget"', 'label = "Budget"'))
    assert found.changed == []
    assert segments(found.leads) == []
    assert sums([one.before for one in found.leads]) == sums([one.after for one in found.leads])
    assert {one.recorded for one in found.leads} == {"sales", "nurture"}


def test_before_four_weeks_the_bands_decide_and_as_it_was_is_as_it_is(ledger: Ledger) -> None:
    text = AGREEMENT.replace("guard_slice = 0.1\nreview_share = 0.1", "guard_slice = 0.0")
    remember(ledger, text, 1, [form | {"mail_allowed": True} for form in FORMS], NOW, days=20)
    found = compared(ledger, (parse_agreement(text), 1), (parse_agreement(changed("points", text)), 0), NOW, 28)
    assert (found.price_before, found.price_after) == (None, None)
    assert all(one.before.route == one.recorded for one in found.leads)
    by_country = {one.level: (one.before, one.after) for one in segments(found.leads)}
    assert by_country == {"DE": (80, 0), "US": (0, 80)}
    assert sums([one.after for one in found.leads])["sales"].minutes == 80 * 22
    assert len(found.changed) == 160


def test_the_sums_are_those_of_the_leads(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    found = comparison(ledger, changed("price"))
    for ruled in ([one.before for one in found.leads], [one.after for one in found.leads]):
        told = sums(ruled)
        assert sum(one.leads for one in told.values()) == len(ruled)
        assert sum(one.conversions for one in told.values()) == pytest.approx(sum(one.probability for one in ruled))
        assert told["nurture"].minutes == 0.0
        assert told["sales"].minutes == told["sales"].leads * 22


def test_only_the_days_that_were_asked_for(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    assert len(comparison(ledger, changed("threshold"), days=7).leads) == pytest.approx(240 * 7 / 29, abs=1)
    assert comparison(ledger, changed("threshold"), days=7).since == NOW - timedelta(days=7)


@pytest.mark.parametrize(("ruled_by", "route"), [("owner", "sales"), ("bot", "quarantine")])
def test_what_no_agreement_decided_stays(ledger: Ledger, ruled_by: str, route: str) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    with ledger.transaction() as connection:
        connection.execute(update(tables.decisions).values(ruled_by=ruled_by, route=route))
    found = comparison(ledger, changed("points"))
    assert found.changed == []
    assert {one.after.route for one in found.leads} == {route}


def test_it_writes_nothing(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW)
    counted = _rows(ledger)
    comparison(ledger, changed("value"))
    assert _rows(ledger) == counted


def _rows(ledger: Ledger) -> dict[str, int]:
    with ledger.reading() as connection:
        each = tables.metadata.sorted_tables
        return {table.name: len(connection.execute(table.select()).all()) for table in each}


def test_nothing_to_compare(ledger: Ledger) -> None:
    assert comparison(ledger, changed("value")).leads == []

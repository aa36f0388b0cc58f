"""What moved is found and told with its month and its effect; noise is not."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from features.matrix import many, plan
from leads.form import ARRIVED
from leads.ledger import Ledger
from models.scorecard import scorecard_scorer
from tests.training.assessment.company import AGREEMENT, UNTIL, Change, Lead, leads
from tests.training.assessment.conftest import make_champion
from training.assessment.drift import Drift, Seen, drift
from training.assessment.read import read_evaluation
from training.assessment.words import belief, moved_words

Opened = Callable[[list[Lead]], Ledger]
SEEDS = 20
CHANGED = 111.54
"""Days before UNTIL at which August began in Berlin."""


def drift_of(opened: Opened, seed: int, change: Change | None = None, count: int = 900) -> Drift:
    return read_evaluation(opened(leads(count, 240, seed, change)), AGREEMENT, UNTIL).drift


def test_where_nothing_moved_nothing_is_told() -> None:
    told = [moved_words(one) for seed in range(SEEDS) for one in drift(seen(200 + seed), AGREEMENT).moved]
    assert told == []


def seen(seed: int) -> Seen:
    made, zone = leads(900, 240, seed), ZoneInfo("Europe/Berlin")
    arrived = [UNTIL - timedelta(days=lead.day) for lead in made]
    values = pd.DataFrame([lead.said for lead in made]).assign(**{ARRIVED: pd.Series(arrived, dtype=object)})
    features, scorer = plan(AGREEMENT.form.fields, "Europe/Berlin"), scorecard_scorer(AGREEMENT)
    scored = scorer.score_table(values)
    months = np.array([f"{at.astimezone(zone):%Y-%m}" for at in arrived], dtype=object)
    effects = pd.DataFrame(scored.explained.contributions, columns=[one.name for one in scorer.scored])
    return Seen(features, many(features, values), months, scored.explained.log_odds, effects)


def more_partners(lead: Lead, draw: np.random.Generator) -> None:
    if lead.day < CHANGED and draw.random() < 0.25:
        lead.said["source"] = "partner"


def test_a_source_that_grew_is_told_with_its_month(opened: Opened) -> None:
    """From 12 % to about 34 % since the first of August."""
    for seed in range(3):
        found = drift_of(opened, 300 + seed, more_partners)
        assert [one.feature.name for one in found.moved] == ["source"]
        moved = found.moved[0]
        assert moved.since == "2026-08"
        assert moved.course.what == "partner"
        assert moved.course.before == pytest.approx(0.12, abs=0.03)
        assert moved.course.since == pytest.approx(0.34, abs=0.06)
        assert moved_words(moved).startswith("“Source: partner” rose from ")
        assert moved_words(moved).endswith("since 2026-08; the model does not read it.")


def test_the_scores_follow_what_the_model_reads(opened: Opened) -> None:
    def more_demos(lead: Lead, draw: np.random.Generator) -> None:
        if lead.day < CHANGED:
            lead.said["demo_requested"] = bool(draw.random() < 0.7)

    ledger = opened(leads(1_400, 400, 5, more_demos))
    make_champion(ledger, days_ago=150)
    judged = read_evaluation(ledger, AGREEMENT, UNTIL)
    moved = {one.feature.label: one for one in judged.drift.moved}
    assert set(moved) == {"The scores", "Demo requested"}
    demo, scores = moved["Demo requested"], moved["The scores"]
    assert demo.since == scores.since == "2026-08"
    assert demo.effect is not None
    assert scores.effect == pytest.approx(demo.effect, abs=0.1)
    assert "the scores follow it: by this alone the odds went up by" in moved_words(demo)
    assert any(told.startswith("The scores rose from") for told in belief(judged))


def test_a_field_that_vanished_is_told_as_not_given(opened: Opened) -> None:
    def vanished(lead: Lead, draw: np.random.Generator) -> None:
        if lead.day < CHANGED:
            lead.said.pop("pages_viewed")

    words = [moved_words(one) for one in drift_of(opened, 6, vanished).moved]
    assert any("“Pages viewed: not given” rose from 0.0 % to 100 % of the leads since 2026-08" in one for one in words)


def test_a_number_that_moved_is_told_by_its_mean(opened: Opened) -> None:
    def more_pages(lead: Lead, draw: np.random.Generator) -> None:
        if lead.day < CHANGED:
            lead.said["pages_viewed"] = float(draw.poisson(7))

    (moved,) = drift_of(opened, 7, more_pages).moved
    assert (moved.feature.name, moved.since, moved.course.is_share) == ("pages_viewed", "2026-08", False)
    assert (moved.course.before, moved.course.since) == pytest.approx((4, 7), abs=0.4)


def test_too_few_leads_say_so(opened: Opened) -> None:
    found = drift_of(opened, 8, count=150)
    assert found.too_early
    assert not found.moved

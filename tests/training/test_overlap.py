"""When a model may learn who follows up, and what it learns from until then."""

import numpy as np
import pytest

from training.overlap import overlap, rows_to_learn_from

ROWS = 4000


def routed(rows: int, of_sales: float, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).random(rows) < of_sales).astype(float)


def converted(rows: int, rate: float = 0.1) -> np.ndarray:
    return (np.arange(rows) % round(1 / rate) == 0).astype(float)


def unknown(rows: int) -> np.ndarray:
    return np.full(rows, np.nan)


def test_enough_leads_that_went_either_way_make_it_an_input() -> None:
    drawn = rows_to_learn_from(routed(ROWS, 0.3), np.full(ROWS, 0.5), converted(ROWS))
    assert drawn.action
    assert drawn.rows.all()
    assert drawn.sentence.startswith("Who follows up is an input of the model: of 4,000 leads")


def test_imported_leads_teach_but_do_not_count() -> None:
    action = np.append(routed(ROWS, 0.3), unknown(500))
    lessons = rows_to_learn_from(action, np.full(4500, 0.5), converted(4500))
    assert lessons.action
    assert lessons.rows.all()
    assert "of 4,000 leads" in lessons.sentence


def test_with_few_leads_it_stays_with_follow_up_by_sales_and_says_how_many_are_missing() -> None:
    action = np.concatenate([np.ones(400), np.zeros(412), unknown(5000)])
    lessons = rows_to_learn_from(action, np.full(5812, 0.5), converted(5812))
    assert not lessons.action
    assert lessons.rows.tolist() == [True] * 400 + [False] * 412 + [True] * 5000
    assert lessons.sentence.startswith(
        "The model stays with the chance under follow-up by sales: 812 of 3,000 leads with a known route; "
    )


@pytest.mark.parametrize(
    ("of_sales", "propensity", "rate", "missing"),
    [
        (0.0, 0.5, 0.1, "0 of 300 leads that sales was to follow up"),
        (1.0, 0.5, 0.1, "0 of 300 leads that were nurtured"),
        (0.3, 0.5, 0.02, "80 of 100 conversions among them"),
        (0.3, 0.99, 0.1, "40 of 300 leads that could as well have gone the other way"),
        (0.3, np.nan, 0.1, "0 of 300 leads that could as well have gone the other way"),
    ],
    ids=["no calls", "calls only", "few conversions", "a small slice", "no lot"],
)
def test_what_is_missing_is_named(of_sales: float, propensity: float, rate: float, missing: str) -> None:
    lessons = rows_to_learn_from(routed(ROWS, of_sales), np.full(ROWS, propensity), converted(ROWS, rate))
    assert not lessons.action
    assert missing in lessons.sentence


def test_people_who_decide_differently_about_like_leads_are_as_good_as_a_lot() -> None:
    score = np.random.default_rng(3).normal(size=ROWS)
    noisy = (score + np.random.default_rng(4).normal(size=ROWS) > 1).astype(float)
    assert rows_to_learn_from(noisy, unknown(ROWS), converted(ROWS), score).action
    strict = (score > 1).astype(float)
    told = rows_to_learn_from(strict, unknown(ROWS), converted(ROWS), score)
    assert not told.action
    assert "could as well have gone the other way" in told.sentence


@pytest.mark.parametrize("threshold", [0.5, 0.675, 0.91])
def test_a_rule_that_the_score_alone_decides_is_no_lot_however_many_leads_there_are(threshold: float) -> None:
    rows, score = 16_000, np.random.default_rng(3).normal(size=16_000)
    strict = (score > np.quantile(score, threshold)).astype(float)
    assert not rows_to_learn_from(strict, unknown(rows), converted(rows), score).action


def test_leads_without_a_score_are_compared_with_nobody() -> None:
    assert overlap(routed(ROWS, 0.5), unknown(ROWS), converted(ROWS), unknown(ROWS)).both_ways == 0
    half = np.where(np.arange(ROWS) % 2, np.random.default_rng(5).normal(size=ROWS), np.nan)
    assert overlap(routed(ROWS, 0.5), unknown(ROWS), converted(ROWS), half).both_ways == pytest.approx(900, rel=0.1)


def test_a_lead_that_was_decided_often_counts_once() -> None:
    often = np.repeat(routed(2000, 0.4), 3)
    lessons = rows_to_learn_from(often, np.full(6000, 0.5), converted(6000), weight=np.full(6000, 1 / 3))
    assert not lessons.action
    assert "2,000 of 3,000 leads" in lessons.sentence


def test_nothing_at_all_is_told_as_well() -> None:
    nothing = np.empty(0)
    lessons = rows_to_learn_from(nothing, nothing, nothing, nothing)
    assert (lessons.action, lessons.rows.tolist()) == (False, [])
    assert "0 of 3,000" in lessons.sentence

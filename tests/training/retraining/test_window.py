"""Which leads judge a retraining: mature ones, the newest, enough of them, and never more than half."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.retraining.history import History, known_at
from training.retraining.window import JudgingWindow, TooEarly, judging_window

TODAY, HORIZON = 20_000.0, 90


def made(days_ago: Any, converted: Any = 0.2, rows_a_lead: int = 1) -> History:
    decided = TODAY - np.sort(np.asarray(days_ago, dtype=np.float64))[::-1]
    count = len(decided)
    known = np.where(np.arange(count) % max(1, round(1 / converted)) == 0, 10.0, np.inf)
    lead = np.arange(count) // rows_a_lead
    ones = np.ones(count)
    return History(
        pd.DataFrame(index=range(count)),
        decided,
        TODAY,
        HORIZON,
        ones,
        ones,
        lead,
        lead,
        ones / rows_a_lead,
        known,
        known,
        np.full(count, np.inf),
        {},
    )


def found(history: History) -> JudgingWindow:
    window = judging_window(history)
    assert isinstance(window, JudgingWindow)
    return window


def test_without_leads_or_with_young_ones_it_is_too_early() -> None:
    nothing = judging_window(made([]))
    assert isinstance(nothing, TooEarly)
    assert "no lead" in nothing.why
    young = judging_window(made(np.linspace(0, 60, 500)))
    assert isinstance(young, TooEarly)
    assert "60 days old" in young.why
    assert "after 90" in young.why


def test_it_takes_the_newest_four_weeks_where_they_hold_enough() -> None:
    window = found(made(np.linspace(0, 400, 40_000)))
    assert TODAY - window.ended == pytest.approx(HORIZON, abs=0.1)
    assert window.ended - window.began == pytest.approx(28, abs=0.1)


def test_it_grows_until_it_holds_enough_leads_and_conversions() -> None:
    few = found(made(np.linspace(0, 400, 2_000), converted=0.2))
    assert 400 <= len(few.rows) <= 402
    rare = found(made(np.linspace(0, 400, 20_000), converted=0.01))
    assert 1_900 <= len(rare.rows) <= 2_010


def test_it_takes_half_of_the_mature_leads_at_most() -> None:
    early = judging_window(made(np.linspace(90, 400, 790)))
    assert isinstance(early, TooEarly)
    assert "790 leads are old enough" in early.why
    assert "the newer half of them, 395" in early.why


def test_too_few_conversions_say_so() -> None:
    early = judging_window(made(np.linspace(0, 400, 400), converted=0.01))
    assert isinstance(early, TooEarly)
    assert "155 with 2" in early.why


def test_rows_of_a_lead_count_as_one() -> None:
    window = found(made(np.repeat(np.linspace(0, 400, 2_000), 2), converted=0.2, rows_a_lead=2))
    assert 400 <= len(window.rows) <= 402
    assert len(set(window.rows // 2)) == len(window.rows)


def test_imported_leads_are_followed_no_longer_than_their_table_tells() -> None:
    history = made(np.linspace(0, 400, 4_000))
    stale = replace(history, followed=np.where(history.decided_at > TODAY - 200, 30.0, np.inf))
    window = found(stale)
    assert TODAY - window.ended == pytest.approx(200, abs=0.2)
    assert known_at(stale, TODAY).age.max() == HORIZON

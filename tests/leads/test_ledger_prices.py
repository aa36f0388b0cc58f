"""Prices are rows beside the champion: both change in one step."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from leads.ledger import (
    DayPrice,
    Ledger,
    Stale,
    champion,
    last_price,
    newest_price,
    price_by_number,
    promote,
    promotions,
    queued_minutes,
    save_bundle,
    write_price,
)

MADE = datetime(2026, 11, 23, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def price(ledger: Ledger, agreement: int) -> DayPrice:
    save_bundle(ledger, b"one", {})
    save_bundle(ledger, b"two", {})
    return DayPrice(date(2026, 11, 23), MADE, "daily", 1, agreement, 1.9, 0.4, 812, 2400.5, 1886.0, 44.0, 1.1)


def test_a_price_comes_back_as_it_was_written(ledger: Ledger, price: DayPrice) -> None:
    with ledger.transaction() as connection:
        number = write_price(connection, price)
    with ledger.reading() as connection:
        assert newest_price(connection, 1, price.agreement) == (number, price)
        assert price_by_number(connection, number) == last_price(connection) == (number, price)
        assert price_by_number(connection, number + 1) is None
    assert price.load == pytest.approx(2400.5 / 1886.0)


def test_each_champion_has_its_own_newest_price(ledger: Ledger, price: DayPrice) -> None:
    of_points = replace(price, bundle=None, value=3.0)
    with ledger.transaction() as connection:
        for one in (price, replace(price, value=2.5), of_points):
            write_price(connection, one)
    with ledger.reading() as connection:
        found = [newest_price(connection, bundle, price.agreement) for bundle in (1, 2, None)]
        assert [saved and saved.price.value for saved in found] == [2.5, None, 3.0]
        assert newest_price(connection, 1, price.agreement + 1) is None
        assert queued_minutes(connection) == 0.0


def test_a_champion_and_its_price_come_in_one_step(ledger: Ledger, price: DayPrice) -> None:
    promote(ledger, 1, None, "first", price)
    with ledger.reading() as connection:
        saved = newest_price(connection, 1, price.agreement)
    assert champion(ledger) == 1
    assert saved is not None
    assert saved.price == price


def test_a_promotion_that_came_too_late_leaves_no_price(ledger: Ledger, price: DayPrice) -> None:
    promote(ledger, 1, None, "first")
    with pytest.raises(Stale):
        promote(ledger, 2, None, "too late", replace(price, bundle=2))
    with ledger.reading() as connection:
        assert last_price(connection) is None


def test_a_price_that_cannot_be_written_leaves_the_champion_as_it_was(ledger: Ledger, price: DayPrice) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        promote(ledger, 1, None, "first", replace(price, agreement=99))
    assert champion(ledger) is None
    assert promotions(ledger) == []

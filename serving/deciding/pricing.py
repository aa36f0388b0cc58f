"""What a sales minute must earn now."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from leads.agreement import Agreement
from leads.ledger import (
    DayPrice,
    Ledger,
    SavedPrice,
    champion,
    lock_team,
    newest_price,
    write_price,
)
from models.champion import saved_scorer
from models.naming import model_number
from models.policy import Price
from models.pricing import team_capacity, today, todays_price
from models.scorecard import scorecard_scorer
from serving.watch.logs import logger

log = logger("accord.pricing")
KEPT = timedelta(days=7)
"""A price older than that was made for another time: the agreed band rules instead."""


class Prices:
    """The newest price under each champion, remembered, so that no lead waits for the ledger. `no_capacity`: people are
    named, but none of them is there in the next seven days."""

    def __init__(
        self,
        ledger: Ledger,
        agreement: Agreement,
        number: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self.now = now
        self.no_capacity = False
        self._champion: int | None = None
        self._under: dict[int | None, SavedPrice | None] = {}

    def of(self, model: str | None) -> Price | None:
        """For a lead that this model scored; what the scorecard answers is held against the champion's price."""
        bundle = self._champion if model is None else model_number(model)
        saved = self._under.get(bundle)
        return Price(saved.number, saved.price.value, saved.price.review_from) if saved else None

    def present(self) -> DayPrice | None:
        saved = self._under.get(self._champion)
        return saved.price if saved else None

    def follow(self) -> None:
        """To be done before a new champion scores, so that none of its scores meets another one's price."""
        number = champion(self.ledger)
        with self.ledger.reading() as connection:
            under = {bundle: newest_price(connection, bundle, self.number) for bundle in {*self._under, number}}
        self._under = {bundle: saved if saved and self._young(saved) else None for bundle, saved in under.items()}
        self._champion = number

    def keep(self, scores: int | None) -> None:
        """Makes today's price where there is none yet; `scores` is the model that scores here: while it is not the
        champion, the price is left to a process that could load that one."""
        number, now = champion(self.ledger), self.now()
        self._look_at_team(now)
        if number != scores or self.no_capacity or self._made(number, now):
            return
        price = todays_price(
            self.ledger,
            self.agreement,
            self.number,
            number,
            lambda: scorecard_scorer(self.agreement) if number is None else saved_scorer(self.ledger, number),
            "daily",
            now,
        )
        if price is not None:
            self._write(price)
            self.follow()

    def degraded(self) -> list[str]:
        return ["no-capacity"] if self.no_capacity else []

    def _young(self, saved: SavedPrice) -> bool:
        return self.now() - saved.price.made_at < KEPT

    def _look_at_team(self, now: datetime) -> None:
        with self.ledger.reading() as connection:
            nobody = team_capacity(connection, self.agreement, now) == 0
        if nobody and not self.no_capacity:
            log.error("nobody of the sales team is there in the next seven days; no price can be made until then")
        self.no_capacity = nobody

    def _made(self, bundle: int | None, now: datetime) -> bool:
        with self.ledger.reading() as connection:
            saved = newest_price(connection, bundle, self.number)
        return saved is not None and saved.price.day >= today(self.agreement, now)

    def _write(self, price: DayPrice) -> None:
        """Another process may have been quicker."""
        with self.ledger.transaction() as connection:
            lock_team(connection)
            saved = newest_price(connection, price.bundle, price.agreement)
            if saved is None or saved.price.day < price.day:
                number = write_price(connection, price)
                log.info("a sales minute has a new price", price=number, value=price.value, load=price.load)

"""The simulated company week by week: people choose whom to call at first, then a model and the policy do; what comes
of each lead depends on it, and is seen late."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.learning.company import HORIZON, LEVELS, NUMBERS
from models.encoder import Array
from training.company.drawn import draw_leads, sigmoid
from training.company.outcomes import chances, delays, gained_value, human_routing, oracle_routing
from training.company.world import World, stream
from training.retraining.history import History, Recorded

WAIT_MINUTES, WAIT_SPREAD = 15.0, 0.8
"""Until the first call, once the policy has chosen; before, people took six times as long."""
BASE_RATE = 0.05
Places = NDArray[np.intp]


class Luck(NamedTuple):
    """What chance holds for each lead whatever is done with it: `won` and `lot` uniform, the days to a conversion with
    and without a call, and the minutes until a call."""

    won: Array
    lot: Array
    called: Array
    nurtured: Array
    wait: Array


@dataclass
class Funnel:
    """Days count from the first lead. `action` is 1 for sales, 0 for nurture, `delay` days to the conversion, infinite
    without one, `said` the log-odds that the route was chosen by; a row is true once its lead is routed."""

    world: World
    leads: pd.DataFrame
    luck: Luck
    action: Array
    propensity: Array
    delay: Array
    said: Array

    @property
    def day(self) -> Array:
        return self.leads["_t"].to_numpy(float)

    @property
    def calls_a_day(self) -> float:
        days = float(self.day[-1] - self.day[0])
        return self.world.capacity * len(self.leads) / days

    def of_week(self, week: int) -> Places:
        return self.between(7 * week, 7 * (week + 1))

    def between(self, first: float, last: float) -> Places:
        """Leads stand in the order of their days."""
        return np.arange(*np.searchsorted(self.day, [first, last]), dtype=np.intp)

    def send(self, rows: Places, called: NDArray[np.bool_], propensity: Array, said: Array) -> None:
        self._settle(rows, called, self.luck.wait[rows])
        self.propensity[rows], self.said[rows] = propensity, said

    def _settle(self, rows: Places, called: NDArray[np.bool_], wait: Array) -> None:
        routing = pd.DataFrame({"routed": called, "wait_minutes": np.where(called, wait, np.nan)})
        won = self.luck.won[rows] < chances(self.leads.iloc[rows], routing)
        days = np.where(called, self.luck.called[rows], self.luck.nurtured[rows])
        self.action[rows], self.delay[rows] = called, np.where(won, days, np.inf)

    def people_choose(self, rows: Places, seed: int) -> None:
        routing = human_routing(self.world, self.leads.iloc[rows], seed)
        called = routing["routed"].to_numpy(bool)
        self._settle(rows, called, routing["wait_minutes"].to_numpy(float))
        self.said[rows] = points(self.leads.iloc[rows])

    def history(self, today: float, columns: tuple[str, ...] = (*LEVELS, *NUMBERS)) -> History:
        """All that has been routed by then, as the ledger would hold it."""
        rows = self.between(0, today)
        names = np.arange(len(rows), dtype=np.int64)
        return History(
            values=self.leads.iloc[rows][list(columns)],
            decided_at=self.day[rows],
            until=today,
            horizon=int(HORIZON),
            action=self.action[rows],
            propensity=self.propensity[rows],
            lead=names,
            person=names,
            weight=np.ones(len(rows)),
            converted_after=self.delay[rows],
            known_after=self.delay[rows],
            followed=np.full(len(rows), np.inf),
            left_out={},
            recorded=Recorded(sigmoid(self.said[rows]), np.full(len(rows), None, dtype=object)),
        )

    def true(self, rows: Places) -> float:
        """How many were to be expected to convert as they were routed."""
        called = self.action[rows] == 1
        routing = pd.DataFrame({"routed": called, "wait_minutes": np.where(called, self.luck.wait[rows], np.nan)})
        return float(chances(self.leads.iloc[rows], routing).sum())

    def share_of_the_best(self, rows: Places) -> float:
        """What calling added by what the same number of calls could have added, chosen with the truth."""
        leads, called = self.leads.iloc[rows], self.action[rows] == 1
        return gained_value(leads, called) / gained_value(leads, oracle_routing(leads, called.mean()))


def funnel(world: World, weeks: int, leads_a_week: int, seed: int) -> Funnel:
    """Nobody is routed yet."""
    count = leads_a_week * weeks
    leads = draw_leads(world, count, 7 * weeks, seed)
    chance = stream(seed, 31)
    wait = np.exp(chance.normal(np.log(WAIT_MINUTES), WAIT_SPREAD, count))
    days = [delays(world, leads, np.full(count, called), stream(seed, 32)) for called in (True, False)]
    luck = Luck(chance.random(count), chance.random(count), days[0], days[1], wait)
    unknown = [np.full(count, np.nan) for _ in range(4)]
    return Funnel(world, leads, luck, *unknown)


def points(leads: pd.DataFrame) -> Array:
    """Log-odds of a scorecard that the company could have written itself."""
    hot = 0.8 * leads["demo_requested"] + 0.5 * leads["pricing_page_seen"] + 0.1 * leads["pages_viewed"]
    return np.asarray(np.log(BASE_RATE / (1 - BASE_RATE)) + hot.to_numpy(float))

"""Whether the scores were right: of each band, what was foretold and what happened."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from leads.lead import Band
from models.ladder import Expected
from models.policy import BANDS
from serving.report.expectation import Expectation
from serving.report.fact import Fact
from serving.report.facts import Facts

Z = 1.959964


@dataclass(frozen=True)
class BandRow:
    """`predicted` is the mean chance at the first decision, which nothing changes afterwards. `low` and `high`
    bound the rate (95 %): by what happened where all leads are old enough to judge, else by the least and the most that
    is expected in the end."""

    band: Band
    leads: int
    predicted: float | None
    converted: int
    expected: Expected
    young: int
    low: float | None
    high: float | None

    @property
    def rate(self) -> float | None:
        return self.expected.conversions / self.leads if self.leads else None

    @property
    def as_foretold(self) -> bool | None:
        if self.predicted is None or self.low is None or self.high is None:
            return None
        return self.low <= self.predicted <= self.high


def bands_now(facts: Facts, expected: Expectation) -> list[BandRow]:
    """Of the leads of the period on which somebody decided: history was not scored when it came."""
    return _bands([one for one in facts.leads if one.decided], expected)


def bands_before(facts: Facts, expected: Expectation) -> list[BandRow]:
    """Of the earlier leads that are old enough to judge."""
    mature = facts.period.now - timedelta(days=facts.agreement.goal.within_days)
    return _bands([one for one in facts.before if one.decided and one.arrived_at <= mature], expected)


def _bands(leads: Sequence[Fact], expected: Expectation) -> list[BandRow]:
    return [_band(band, [one for one in leads if one.band == band], expected) for band in BANDS]


def _band(band: Band, leads: Sequence[Fact], expected: Expectation) -> BandRow:
    final, young, converted = expected.of(leads), expected.young(leads), sum(one.converted for one in leads)
    predicted = sum(one.chance for one in leads) / len(leads) if leads else None
    low, _ = wilson(final.low, len(leads))
    _, high = wilson(final.high, len(leads))
    return BandRow(band, len(leads), predicted, converted, final, young, low, high)


def wilson(successes: float, of: int) -> tuple[float | None, float | None]:
    """The 95 % score interval of a share."""
    if not of:
        return None, None
    share, spread = successes / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
